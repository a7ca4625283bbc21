import type { Schema } from '../../schema.ts';

/** Reads a dataset that the client uploaded for this job: the coordinator holds it in its spool. */
export interface DatasetNode {
  readonly kind: 'dataset';
  readonly id: string;
  readonly schema: Schema;
}
