import { quotedName } from '../../../shared/sql/text.ts';
import type { BoundColumn } from '../bound/plan.ts';
import { columnNamed } from './tree.ts';

/** A column of the input as it is. */
export const columnReference = (name: string): BoundColumn => ({
  name,
  sql: quotedName(name),
  tree: columnNamed(name),
  names: new Set([name.toLowerCase()]),
  volatile: false,
});
