import type { LoadReceipt, SinkSpec } from '../plan/nodes/load.ts';
import type { Schema } from '../schema.ts';

/**
 * Writes the rows of the step before it to a sink, and yields one row: its receipt (`receiptSchema`). Always a stage's last
 * step, and never its first.
 */
export interface LoadStep {
  readonly kind: 'load';
  readonly run: string;
  readonly pipeline: string;
  /** The output's name within its pipeline. */
  readonly output: string;
  readonly sink: SinkSpec;
  /** Of the rows that are written. */
  readonly schema: Schema;
  /** It is the only task that writes this output. Said for good when a task is launched: stages may get other numbers of tasks. */
  readonly alone: boolean;
}

/** What a job that loads yields: a row for each task that wrote, `receipt` a `LoadReceipt` as JSON. */
export const receiptSchema: Schema = [
  { name: 'output', type: 'VARCHAR' },
  { name: 'task', type: 'INTEGER' },
  { name: 'receipt', type: 'VARCHAR' },
];

/** Such a row, read. */
export interface TaskReceipt {
  readonly output: string;
  readonly task: number;
  readonly receipt: LoadReceipt;
}
