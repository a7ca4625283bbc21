import type { Schema as ArrowSchema } from 'apache-arrow';
import type { Batch } from '../../shared/arrow/batch.ts';

/** Rows on their way through a task: batches that can be taken once, of one Arrow schema. */
export interface Relation {
  readonly schema: ArrowSchema;
  readonly batches: Iterable<Batch>;
}
