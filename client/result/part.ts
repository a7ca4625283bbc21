import type { RecordBatch, Schema } from 'apache-arrow';
import type { JobId } from '../../shared/ids.ts';
import type { ExchangePart } from '../../shared/stage.ts';

/** Batches of one part of a result, in order. Leaving the loop ends the transfer. */
export type ReadPart = (
  job: JobId,
  part: ExchangePart,
  schema: Schema,
  signal: AbortSignal,
) => AsyncIterable<RecordBatch>;
