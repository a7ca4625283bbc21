import { literal } from '../../../shared/sql/text.ts';
import type { CommitContext, SinkContext } from '../../contract.ts';
import { findEntrySql, foundEntry, type LedgerEntry, ledgerName, rejectsName } from '../../load-ledger.ts';
import { quotedTable } from '../../table-name.ts';
import type { Session } from '../session.ts';

const ledgerColumns = `run text NOT NULL, pipeline text NOT NULL, output text NOT NULL, rows bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0, cursors jsonb, detail jsonb, committed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run, output)`;
const rejectsColumns = `run text NOT NULL, pipeline text NOT NULL, output text NOT NULL, stage text NOT NULL,
  rule text NOT NULL, reason text NOT NULL, source text, position bigint, row text, rejected_at timestamp NOT NULL`;

/** Makes the tables beside the target if they are not there; several pipelines may try at once. */
export async function ensureLedger(session: Session, schema: string, withRejects: boolean): Promise<void> {
  await ensureTable(session, { schema, name: ledgerName }, ledgerColumns);
  if (withRejects) await ensureTable(session, { schema, name: rejectsName }, rejectsColumns);
}

async function ensureTable(
  session: Session,
  table: { readonly schema: string; readonly name: string },
  columns: string,
): Promise<void> {
  const quoted = quotedTable(table);
  const [found] = await session.rows('SELECT to_regclass($1) AS there', [quoted]);
  if (found?.there !== null) return;
  // IF NOT EXISTS by itself fails when two sessions create the table at once.
  await session.run(
    `BEGIN; SELECT pg_advisory_xact_lock(hashtextextended(${literal(quoted)}, 0));
     CREATE TABLE IF NOT EXISTS ${quoted} (${columns}); COMMIT`,
  );
}

/**
 * Claims the run's place, in an open transaction; waits for another transaction that does. False: it has been loaded.
 */
export async function claim(session: Session, schema: string, context: SinkContext): Promise<boolean> {
  const { run, pipeline, output } = context;
  const table = quotedTable({ schema, name: ledgerName });
  const sql = `INSERT INTO ${table} (run, pipeline, output) VALUES ($1, $2, $3) ON CONFLICT (run, output) DO NOTHING`;
  return (await session.run(sql, [run, pipeline, output])) === 1;
}

/** Fills in what was loaded, in the transaction that claimed. */
export async function record(
  session: Session,
  schema: string,
  context: SinkContext,
  entry: LedgerEntry,
): Promise<void> {
  await session.run(
    `UPDATE ${quotedTable({ schema, name: ledgerName })} SET rows = $3, bytes = $4, detail = $5 WHERE run = $1 AND output = $2`,
    [context.run, context.output, entry.rows, entry.bytes, JSON.stringify(entry.detail)],
  );
}

/** Cursors are known at the commit; an entry that has them keeps them. */
export async function recordCursors(session: Session, schema: string, context: CommitContext): Promise<void> {
  await session.run(
    `UPDATE ${quotedTable({ schema, name: ledgerName })} SET cursors = $3 WHERE run = $1 AND output = $2 AND cursors IS NULL`,
    [context.run, context.output, JSON.stringify(context.cursors)],
  );
}

/** The entry of a run that was loaded. */
export async function entryOf(
  session: Session,
  schema: string,
  context: SinkContext,
): Promise<LedgerEntry | undefined> {
  const [row] = await session.rows(findEntrySql(quotedTable({ schema, name: ledgerName }), context));
  return foundEntry(row);
}
