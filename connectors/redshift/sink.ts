import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadReceipt } from '../../shared/plan/nodes/load.ts';
import { literal } from '../../shared/sql/text.ts';
import type { PrepareContext, SinkBatches, SinkConnector, WriteContext } from '../contract.ts';
import { shortHash } from '../short-hash.ts';
import { commit } from './commit.ts';
import { parseRedshiftOptions, type RedshiftOptions } from './options.ts';
import * as sql from './sql.ts';
import { changesOf } from './target.ts';
import { orderColumns, redshiftColumns } from './types.ts';
import { folderOf, openSession, type RedshiftReceipt, type RedshiftSeam, tableOf } from './work.ts';

/**
 * Tables of Amazon Redshift: Parquet on S3, `COPY` into a temporary table, one transaction with an entry in a ledger.
 */
export const redshiftSinkWith = (seam: RedshiftSeam): SinkConnector<RedshiftOptions, null> => ({
  parse: parseRedshiftOptions,
  prepare,
  write: (options, rows, context) => write(options, rows, context, seam),
  commit: (options, receipts, context) => commit(options, receipts, context, seam),
  async clean(options, context) {
    const staging = await seam.staging(options, context);
    await staging.remove(folderOf(context));
  },
});

async function prepare(options: RedshiftOptions, context: PrepareContext): Promise<null> {
  await using session = await openSession(options, context);
  const table = tableOf(options);
  await changesOf(session, options, table, redshiftColumns(context.schema));
  await session.run(sql.ledgerSql(sql.ledgerOf(table.schema)));
  return null;
}

async function write(
  options: RedshiftOptions,
  rows: SinkBatches,
  context: WriteContext<null>,
  seam: RedshiftSeam,
): Promise<LoadReceipt> {
  const { writeParquet } = await import('../parquet-file.ts'); // The coordinator needs no DuckDB on its main thread.
  const file = join(context.directory, `${shortHash(context.attempt)}.parquet`);
  const columns = redshiftColumns(context.schema).map(({ written }) => written);
  const order = [
    `${literal(context.attempt)} AS ${orderColumns.attempt}`,
    `row_number() OVER () AS ${orderColumns.position}`,
  ];
  const written = writeParquet(file, rows, {
    memoryBytes: context.config.parquetWriteMemoryBytes,
    directory: context.directory,
    select: [...order, ...columns].join(', '),
  });
  const staging = await seam.staging(options, context);
  const url =
    written.rows === 0 ? '' : await staging.putFile(`${folderOf(context)}${shortHash(context.attempt)}.parquet`, file);
  await rm(file, { force: true });
  return { ...written, detail: { url, fileBytes: written.bytes } satisfies RedshiftReceipt };
}
