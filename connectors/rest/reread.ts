import type { Batch } from '../../shared/arrow/batch.ts';
import { toArrowSchema } from '../../shared/types/arrow-schema.ts';
import type { RereadContext, Rereader, UnreadRow } from '../contract.ts';
import { list } from './list.ts';
import type { ParsedRest } from './options.ts';
import { RowBatches } from './row-batches.ts';

/** Rows that did not fit the columns as they were. Columns that nobody gave are those that the API shows now. */
export const reread: Rereader<ParsedRest> = {
  columns: async (options, context) => context.schema ?? (await list(options, context)).schema,
  read: (options, rows, context) => ({
    schema: toArrowSchema(context.columns),
    batches: batchesOf(options, rows, context),
  }),
};

function* batchesOf(options: ParsedRest, rows: Iterable<UnreadRow>, context: RereadContext): Generator<Batch> {
  const batches = new RowBatches(options, context);
  const columns = new Set(context.data.map(({ name }) => name));
  for (const { source, position, text } of rows) yield* batches.addOne(jsonOf(text), source, position, columns);
  yield* batches.rest();
}

/** What is no JSON is no row, either. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // Rejected as what it is: no object.
  }
}
