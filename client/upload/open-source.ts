import type { Schema as ArrowSchema } from 'apache-arrow';
import type { Batch } from '../../shared/arrow/batch.ts';

/** A dataset of this process that is being read. */
export interface OpenSource {
  /** Without dictionaries: those become their values. */
  readonly schema: ArrowSchema;
  /** To be read once, to the end or left. */
  readonly batches: AsyncIterable<Batch>;
}
