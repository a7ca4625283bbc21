/** Stands in for shared/arrow and the Flight client until they land. */
import type { Schema as ArrowSchema, RecordBatch } from 'apache-arrow';
import type { DatasetFrame } from '../shared/contracts/jobs.ts';
import { SheafError } from '../shared/errors.ts';
import type { Schema } from '../shared/schema.ts';

const missing = (): never => {
  throw new SheafError('NOT_SUPPORTED', 'This part of the client is not there yet');
};

export const toArrowSchema = (_columns: Schema): ArrowSchema => missing();
export const duckdbSchema = (_schema: ArrowSchema): Schema => missing();
export const framesOf = (
  _schema: ArrowSchema,
  _batches: AsyncIterable<RecordBatch>,
  _limits: object,
): AsyncIterable<DatasetFrame> => missing();

export const missingPart = (): AsyncIterable<RecordBatch> => missing();
