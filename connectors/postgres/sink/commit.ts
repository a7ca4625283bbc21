import { SheafError } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import type { LoadReceipt } from '../../../shared/plan/nodes/load.ts';
import { literal } from '../../../shared/sql/text.ts';
import type { CommitContext, Committed } from '../../contract.ts';
import type { LedgerEntry } from '../../load-ledger.ts';
import { refusedInTransaction } from '../../nothing-loaded.ts';
import { quotedTable } from '../../table-name.ts';
import type { SinkOptions } from '../options.ts';
import { Session } from '../session.ts';
import { type Agreement, agree } from './contract-check.ts';
import { emptySql } from './empty-sql.ts';
import { claim, entryOf, record, recordCursors } from './ledger.ts';
import { moveRows } from './move.ts';
import { type PreparedTable, sinkPlace, stagedColumns } from './prepare.ts';
import { describeTarget, type Target } from './target.ts';
import type { PostgresReceipt } from './write.ts';

/** Moves the rows of the chosen attempts into the table, in one transaction with the entry of the ledger. */
export async function commit(
  options: SinkOptions,
  receipts: readonly LoadReceipt[],
  context: CommitContext<PreparedTable>,
): Promise<Committed> {
  await using session = await Session.open(sinkPlace(options), { ...context, ...options });
  await session.run('BEGIN');
  const isFirst = await claim(session, context.prepared.schema, context);
  try {
    const done = isFirst
      ? await load(session, options, receipts, context)
      : await entryOf(session, context.prepared.schema, context);
    await recordCursors(session, context.prepared.schema, context);
    context.mustLead();
    await session.run('COMMIT');
    const { rows = 0, bytes = 0, detail = null } = done ?? {};
    return { rows, bytes, already: !isFirst, detail };
  } catch (thrown) {
    throw isFirst ? refusedInTransaction(thrown) : thrown;
  }
}

async function load(
  session: Session,
  options: SinkOptions,
  receipts: readonly LoadReceipt[],
  context: CommitContext<PreparedTable>,
): Promise<LedgerEntry> {
  if (receipts.some(({ detail }) => (detail as PostgresReceipt).direct)) throw ledgerLost(options);
  const table = { schema: context.prepared.schema, name: context.prepared.name };
  // Loads into one table follow one another: none sees the table change under it.
  await session.run(`SELECT pg_advisory_xact_lock(hashtextextended(${literal(quotedTable(table))}, 0))`);
  const target = await describeTarget(session, table);
  const agreement = agree(options, table, stagedColumns(context.schema), target);
  await change(session, options, table, agreement, target);
  const moved = await moveRows(session, options, receipts, agreement, await describeTarget(session, table), context);
  const bytes = receipts.reduce((sum, receipt) => sum + receipt.bytes, 0);
  const detail: Json = {
    table: quotedTable(table),
    changes: agreement.notes,
    ...(options.contract === 'reject' ? { rejected: moved.rejected } : {}),
  };
  const entry = { rows: moved.rows, bytes, detail };
  await record(session, context.prepared.schema, context, entry);
  return entry;
}

async function change(
  session: Session,
  { mode }: SinkOptions,
  table: Required<PreparedTable> | { readonly schema: string; readonly name: string },
  { changes }: Agreement,
  target: Target | undefined,
): Promise<void> {
  for (const statement of changes) await session.run(statement);
  if (mode === 'replace' && target !== undefined) await session.run(emptySql(table, target));
}

const ledgerLost = ({ table }: SinkOptions): SheafError =>
  new SheafError('SINK_FAILED', `Rows were loaded into ${table} directly, but the ledger has no entry of this run`, {
    next: 'Was sheaf_ledger changed by hand? Compare the table with its source before you run it again.',
  });
