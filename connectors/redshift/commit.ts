import { SheafError } from '../../shared/errors.ts';
import type { LoadReceipt } from '../../shared/plan/nodes/load.ts';
import type { CommitContext, Committed } from '../contract.ts';
import { addEntrySql, already, findEntrySql, foundEntry, type LedgerEntry, nullInKey } from '../load-ledger.ts';
import type { Session } from '../postgres/session.ts';
import { tableText } from '../table-name.ts';
import type { RedshiftOptions } from './options.ts';
import * as sql from './sql.ts';
import { changesOf } from './target.ts';
import { type RedshiftColumn, redshiftColumns } from './types.ts';
import { folderOf, openSession, type RedshiftReceipt, type RedshiftSeam, tableOf } from './work.ts';

/** Moves what is staged into the table, in one transaction with the entry of the ledger. */
export async function commit(
  options: RedshiftOptions,
  receipts: readonly LoadReceipt[],
  context: CommitContext<null>,
  seam: RedshiftSeam,
): Promise<Committed> {
  const ledger = sql.ledgerOf(tableOf(options).schema);
  await using session = await openSession(options, context);
  await session.run('BEGIN');
  await session.run(sql.lockLedgerSql(ledger));
  const [row] = await session.rows(findEntrySql(ledger, context));
  const done = foundEntry(row);
  if (done !== undefined) {
    await session.run('ROLLBACK');
    return already(done);
  }
  const entry = await load(session, options, receipts, context, seam);
  await session.run(addEntrySql(ledger, context, entry, context.cursors, 'CURRENT_TIMESTAMP'));
  context.mustLead();
  await session.run('COMMIT');
  return { ...entry, already: false };
}

async function load(
  session: Session,
  options: RedshiftOptions,
  receipts: readonly LoadReceipt[],
  context: CommitContext<null>,
  seam: RedshiftSeam,
): Promise<LedgerEntry> {
  const table = tableOf(options);
  const columns = redshiftColumns(context.schema);
  const { changes, notes } = await changesOf(session, options, table, columns);
  for (const change of changes) await session.run(change);
  if (options.mode === 'replace') await session.run(sql.emptySql(table));
  const rows = await moveRows(session, options, receipts, columns, context, seam);
  const bytes = receipts.reduce((sum, receipt) => sum + receipt.bytes, 0);
  return { rows, bytes, detail: { table: tableText(table), changes: notes } };
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
  if (options.mode === 'merge') return await merge(session, options, columns);
  return await session.run(sql.insertSql(tableOf(options), columns, sql.stageTable));
}

/** The newest staged row of each key takes the place of an older one in the table. */
async function merge(session: Session, options: RedshiftOptions, columns: readonly RedshiftColumn[]): Promise<number> {
  const table = tableOf(options);
  await session.run(sql.newestSql(options));
  const dropOlder = sql.dropOlderSql(table, columns, options);
  if (dropOlder !== undefined) await session.run(dropOlder);
  await session.run(sql.dropReplacedSql(table, columns, options));
  return await session.run(sql.insertSql(table, columns, sql.newestTable));
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
  if (Number(nulls?.n) > 0) throw nullInKey(Number(nulls?.n), options.table, options.key ?? []);
}
