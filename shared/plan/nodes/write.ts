import type { PlanNode } from '../node.ts';
import type { FileFormat } from './scan.ts';

/** Writes the input as one directory of files, committed in one step. Always the root. */
export interface WriteNode {
  readonly kind: 'write';
  readonly input: PlanNode;
  readonly format: FileFormat;
  /** Absolute path of the directory. */
  readonly path: string;
  /** What to do when the directory is there and not empty. */
  readonly mode: 'error' | 'overwrite' | 'append';
  /** Further options of DuckDB's COPY, for example `{ compression: 'zstd' }`. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
}
