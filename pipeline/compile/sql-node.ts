import type { PlanNode } from '../../shared/plan/node.ts';
import { quotedName } from '../../shared/sql/text.ts';

/** SQL text over plans by name. */
export const sql = (text: string, relations: Readonly<Record<string, PlanNode>>): PlanNode => ({
  kind: 'sql',
  text,
  relations: Object.entries(relations).map(([name, plan]) => ({ name, plan })),
});

/** Columns as SQL lists them. */
export const listed = (names: readonly string[]): string => names.map(quotedName).join(', ');
