import type { RecordBatch } from 'apache-arrow';
import type { JobId } from '../../shared/ids.ts';
import type { ExchangePart } from '../../shared/stage/exchange-part.ts';

/** Batches of one part of a result, in order. Leaving the loop ends the transfer. */
export type ReadPart = (job: JobId, part: ExchangePart, signal: AbortSignal) => AsyncIterable<RecordBatch>;
