import type { Batch } from '../../shared/arrow/batch.ts';
import { SheafError } from '../../shared/errors.ts';
import { toArrowSchema } from '../../shared/types/arrow-schema.ts';
import type { RereadContext, Rereader, UnreadRow } from '../contract.ts';
import { columnsOf } from './format.ts';
import { LineBatches } from './line-batches.ts';
import { type LogOptions, logName } from './options.ts';
import { parserOf } from './parser.ts';

/** Lines that were none of the format as it was. */
export const reread: Rereader<LogOptions> = {
  columns: ({ format }) => columnsOf(format),
  read: (options, rows, context) => ({
    schema: toArrowSchema(context.columns),
    batches: batchesOf(options, rows, context),
  }),
};

function* batchesOf(
  options: LogOptions,
  rows: Iterable<UnreadRow>,
  { columns, config }: RereadContext,
): Generator<Batch> {
  const { format } = options;
  const parser = parserOf(format, new Set(columns.map(({ name }) => name)), config.logBatchRows);
  const refuse = (reason: string): never => {
    throw new SheafError('ROW_MALFORMED', `A kept line is none of ${logName(options)}: ${reason}`, {
      next: 'Name a policy for rejected rows.',
    });
  };
  const batches = new LineBatches(parser, format, columns, '', refuse, config.logBatchRows);
  for (const row of rows) {
    batches.addAgain(row);
    const full = batches.isFull ? batches.take() : undefined;
    if (full) yield full;
  }
  const rest = batches.take();
  if (rest) yield rest;
}
