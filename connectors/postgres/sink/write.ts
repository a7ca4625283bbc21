import type { Json } from '../../../shared/json.ts';
import type { LoadReceipt } from '../../../shared/plan/nodes/load.ts';
import { literal, quotedName } from '../../../shared/sql/text.ts';
import type { SinkBatches, WriteContext } from '../../contract.ts';
import { quotedTable } from '../../table-name.ts';
import type { SinkOptions } from '../options.ts';
import { Session } from '../session.ts';
import { agree } from './contract-check.ts';
import { emptySql } from './empty-sql.ts';
import type { StagedColumn } from './fit.ts';
import { claim, entryOf, record } from './ledger.ts';
import { pour } from './pour.ts';
import { type PreparedTable, sinkPlace, stagedColumns } from './prepare.ts';
import { stagingComment, stagingName } from './staging.ts';
import { describeTarget } from './target.ts';

/** What a receipt tells the commit. */
export type PostgresReceipt = {
  /** Quoted name of the staging table; null if there were no rows, or they are in the target already. */
  readonly staging: string | null;
  readonly direct: boolean;
};

const receipt = (rows: number, bytes: number, detail: PostgresReceipt): LoadReceipt => ({ rows, bytes, detail });

/** Writes a task's rows: into a staging table, or, if it is the only task and may, straight into the target. */
export async function write(
  options: SinkOptions,
  rows: SinkBatches,
  context: WriteContext<PreparedTable>,
): Promise<LoadReceipt> {
  const isDirect = context.prepared.direct && context.alone;
  return isDirect ? await writeDirectly(options, rows, context) : await stage(options, rows, context);
}

/**
 * Into a table of this attempt's own, which is not logged: it is gone if the attempt breaks off, and empty after a
 * crash of the server.
 */
async function stage(
  options: SinkOptions,
  { schema, batches }: SinkBatches,
  context: WriteContext<PreparedTable>,
): Promise<LoadReceipt> {
  const source = batches[Symbol.iterator]();
  const first = source.next();
  if (first.done) return receipt(0, 0, { staging: null, direct: false });
  const columns = stagedColumns(context.schema);
  const table = quotedTable({ schema: context.prepared.stagingSchema, name: stagingName(context, Date.now()) });
  await using session = await Session.open(sinkPlace(options), { ...context, ...options });
  await session.run(`BEGIN; ${stagingTableSql(table, columns, stagingComment(context))}`);
  const names = columns.map(({ name }) => name);
  const rows = { schema, batches: resumed(first.value, source), chunkBytes: context.config.postgresCopyChunkBytes };
  const poured = await pour(session, table, names, columns, { ...rows, freeze: true });
  await session.run('COMMIT');
  return receipt(poured.rows, poured.bytes, { staging: table, direct: false });
}

const stagingTableSql = (table: string, columns: readonly StagedColumn[], comment: string): string =>
  `CREATE UNLOGGED TABLE ${table} (${columns.map(({ name, type }) => `${quotedName(name)} ${type}`).join(', ')})
     WITH (autovacuum_enabled = false);
   COMMENT ON TABLE ${table} IS ${literal(comment)}`;

function* resumed<T>(first: T, rest: Iterator<T>): Generator<T, void, undefined> {
  yield first;
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
}

/**
 * The only task of its output loads in one transaction of its own, ledger and all. A further attempt finds the entry,
 * and loads nothing.
 */
async function writeDirectly(
  options: SinkOptions,
  { schema, batches }: SinkBatches,
  context: WriteContext<PreparedTable>,
): Promise<LoadReceipt> {
  const { prepared } = context;
  const table = { schema: prepared.schema, name: prepared.name };
  await using session = await Session.open(sinkPlace(options), { ...context, ...options });
  await session.run('BEGIN');
  if (!(await claim(session, prepared.schema, context))) {
    const entry = await entryOf(session, prepared.schema, context);
    await session.run('ROLLBACK');
    return receipt(entry?.rows ?? 0, entry?.bytes ?? 0, { staging: null, direct: true });
  }
  const columns = stagedColumns(context.schema);
  const target = await describeTarget(session, table);
  const { changes, notes, placed } = agree(options, table, columns, target);
  for (const change of changes) await session.run(change);
  if (options.mode === 'replace' && target !== undefined) await session.run(emptySql(table, target));
  const names = placed.map(({ target: to, staged }) => to?.name ?? staged.name);
  const poured = await pour(session, quotedTable(table), names, columns, {
    ...{ schema, batches, chunkBytes: context.config.postgresCopyChunkBytes },
    freeze: false, // PostgreSQL allows it only for tables that this transaction has made or truncated.
  });
  const detail: Json = { table: quotedTable(table), changes: notes, direct: true };
  await record(session, prepared.schema, context, { ...poured, detail });
  await session.run('COMMIT');
  return receipt(poured.rows, poured.bytes, { staging: null, direct: true });
}
