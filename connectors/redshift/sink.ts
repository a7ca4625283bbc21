import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import type { LoadReceipt } from '../../shared/plan/nodes/load.ts';
import { literal } from '../../shared/sql/text.ts';
import type {
  CommitContext,
  Committed,
  ConnectorContext,
  PrepareContext,
  SinkBatches,
  SinkConnector,
  SinkContext,
  WriteContext,
} from '../contract.ts';
import { Session } from '../postgres/session.ts';
import { shortHash } from '../short-hash.ts';
import { parseTableName, quotedTable, type TableName, tableText } from '../table-name.ts';
import { parseRedshiftOptions, type RedshiftOptions } from './options.ts';
import * as sql from './sql.ts';
import type { Staging } from './staging.ts';
import { changesOf } from './target.ts';
import { orderColumns, type RedshiftColumn, redshiftColumns } from './types.ts';

/** What lies outside: tests try the transaction on PostgreSQL, with a folder for S3 and their own COPY. */
export interface RedshiftSeam {
  readonly staging: (options: RedshiftOptions, context: ConnectorContext) => Promise<Staging>;
  /** Fills the temporary table with the files that a manifest names. */
  readonly copy: (session: Session, manifest: string, options: RedshiftOptions) => Promise<void>;
}

/** What a receipt tells the commit. */
type RedshiftReceipt = { readonly url: string; readonly fileBytes: number };

/** Tables of Amazon Redshift: Parquet on S3, `COPY` into a temporary table, one transaction with an entry in a ledger. */
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

const folderOf = ({ run, output }: SinkContext): string => `${run}/${shortHash(output)}/`;
const tableOf = ({ table }: RedshiftOptions): Required<TableName> => ({ schema: 'public', ...parseTableName(table) });

const open = (options: RedshiftOptions, context: ConnectorContext): Promise<Session> =>
  Session.open(
    { side: 'sink', server: options.server, thing: tableText(tableOf(options)) },
    { ...context, statementTimeoutMs: options.statementTimeoutMs, dialect: 'redshift' },
  );

async function prepare(options: RedshiftOptions, context: PrepareContext): Promise<null> {
  await using session = await open(options, context);
  const table = tableOf(options);
  await changesOf(session, options, table, redshiftColumns(context.schema));
  await session.run(sql.ledgerSql(table.schema));
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

async function commit(
  options: RedshiftOptions,
  receipts: readonly LoadReceipt[],
  context: CommitContext<null>,
  seam: RedshiftSeam,
): Promise<Committed> {
  const { run, output } = context;
  const { schema } = tableOf(options);
  const ledger = quotedTable({ schema, name: sql.ledgerName });
  await using session = await open(options, context);
  await session.run('BEGIN');
  await session.run(sql.lockLedgerSql(schema));
  const found = `SELECT "rows" AS loaded, bytes, detail FROM ${ledger} WHERE run = ${literal(run)} AND output = ${literal(output)}`;
  const [entry] = await session.rows<{ loaded: string; bytes: string; detail: string }>(found);
  if (entry !== undefined) {
    await session.run('ROLLBACK');
    return {
      rows: Number(entry.loaded),
      bytes: Number(entry.bytes),
      already: true,
      detail: JSON.parse(entry.detail) as Json,
    };
  }
  const columns = redshiftColumns(context.schema);
  const { changes, notes } = await changesOf(session, options, tableOf(options), columns);
  for (const change of changes) await session.run(change);
  if (options.mode === 'replace') await session.run(sql.emptySql(tableOf(options)));
  const rows = await moveRows(session, options, receipts, columns, context, seam);
  const bytes = receipts.reduce((sum, receipt) => sum + receipt.bytes, 0);
  const detail: Json = { table: tableText(tableOf(options)), changes: notes };
  const texts = [run, context.pipeline, output].map(literal).join(', ');
  const documents = [context.cursors, detail].map((value) => literal(JSON.stringify(value))).join(', ');
  await session.run(`INSERT INTO ${ledger} VALUES (${texts}, ${rows}, ${bytes}, ${documents}, CURRENT_TIMESTAMP)`);
  context.mustLead();
  await session.run('COMMIT');
  return { rows, bytes, already: false, detail };
}

/** Returns how many rows came into the table. */
async function moveRows(
  session: Session,
  options: RedshiftOptions,
  receipts: readonly LoadReceipt[],
  columns: readonly RedshiftColumn[],
  context: CommitContext<null>,
  seam: RedshiftSeam,
): Promise<number> {
  const staged = receipts.filter(({ rows }) => rows > 0);
  if (staged.length === 0) return 0;
  const files = staged
    .map(({ detail }) => detail as RedshiftReceipt)
    .map(({ url, fileBytes }) => ({ url, bytes: fileBytes }));
  const staging = await seam.staging(options, context);
  const manifest = await staging.putText(`${folderOf(context)}manifest.json`, sql.manifestText(files));
  await session.run(sql.createStageSql(columns));
  await seam.copy(session, manifest, options);
  await checkStaged(
    session,
    options,
    staged.reduce((sum, { rows }) => sum + rows, 0),
  );
  const table = tableOf(options);
  if (options.mode !== 'merge') return session.run(sql.insertSql(table, columns, sql.stageTable));
  await session.run(sql.newestSql(options));
  const dropOlder = sql.dropOlderSql(table, columns, options);
  if (dropOlder !== undefined) await session.run(dropOlder);
  await session.run(sql.dropReplacedSql(table, columns, options));
  return session.run(sql.insertSql(table, columns, sql.newestTable));
}

async function checkStaged(session: Session, options: RedshiftOptions, expected: number): Promise<void> {
  const [counted] = await session.rows<{ n: string }>(`SELECT count(*) AS n FROM ${sql.stageTable}`);
  if (Number(counted?.n) !== expected) {
    throw new SheafError(
      'SINK_FAILED',
      `COPY brought ${counted?.n} rows, not the ${expected} that were staged for ${options.table}`,
      {
        next: 'Look into stl_load_errors of the cluster, and at who else writes below the staging prefix. Nothing was loaded.',
      },
    );
  }
  if (options.mode !== 'merge') return;
  const [nulls] = await session.rows<{ n: string }>(sql.nullKeysSql(options));
  if (Number(nulls?.n) === 0) return;
  throw new SheafError(
    'SINK_FAILED',
    `${nulls?.n} rows for ${options.table} have null in the key (${options.key?.join(', ')})`,
    {
      next: 'Add a rule to the pipeline: expect.notNull(column) for each column of the key. Nothing was loaded.',
    },
  );
}
