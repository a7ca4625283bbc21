import { SheafError } from '../../../shared/errors.ts';
import type { LoadReceipt } from '../../../shared/plan/nodes/load.ts';
import type { CommitContext } from '../../contract.ts';
import { rejectsName } from '../../load-ledger.ts';
import { quotedTable } from '../../table-name.ts';
import type { SinkOptions } from '../options.ts';
import type { Session } from '../session.ts';
import type { Agreement } from './contract-check.ts';
import { fitsFunction } from './misfit-sql.ts';
import * as sql from './move-sql.ts';
import type { PreparedTable } from './prepare.ts';
import type { Target } from './target.ts';
import type { PostgresReceipt } from './write.ts';

interface Moved {
  /** Inserted, or changed by a merge. */
  readonly rows: number;
  readonly rejected: number;
}

/** From the staging tables into the target, in the open transaction; the staging tables go with it. */
export async function moveRows(
  session: Session,
  options: SinkOptions,
  receipts: readonly LoadReceipt[],
  { placed }: Agreement,
  target: Target | undefined,
  context: CommitContext<PreparedTable>,
): Promise<Moved> {
  const staged = receipts.flatMap(({ rows, detail }) => {
    const { staging } = detail as PostgresReceipt;
    return staging === null ? [] : [{ name: staging, rows }];
  });
  if (staged.length === 0) return { rows: 0, rejected: 0 };
  const move: sql.Move = {
    target: quotedTable({ schema: context.prepared.schema, name: context.prepared.name }),
    staging: staged.map(({ name }) => name),
    placed,
    key: options.key ?? [],
    orderBy: options.orderBy,
    rejecting: options.contract === 'reject',
  };
  const isPlain = options.mode !== 'merge' && !move.rejecting;
  if (!isPlain) await checkStaged(session, move, staged);
  const rejected = move.rejecting ? await rejectRows(session, move, context) : 0;
  const rows = options.mode === 'merge' ? await merge(session, move, target) : await append(session, move);
  // Moving counted them already, unless a trigger of the table left some out.
  if (isPlain && rows !== staged.reduce((sum, one) => sum + one.rows, 0)) await checkStaged(session, move, staged);
  await session.run(`DROP TABLE ${move.staging.join(', ')}`);
  return { rows, rejected };
}

/** A crash of the server empties tables that are not logged: then what was staged is gone, and must be seen to be. */
async function checkStaged(
  session: Session,
  move: sql.Move,
  staged: readonly { readonly name: string; readonly rows: number }[],
): Promise<void> {
  const counted = await session.rows<{ name: string; rows: string }>(sql.countsSql(move));
  const found = new Map(counted.map(({ name, rows }) => [name, Number(rows)]));
  const lost = staged.find(({ name, rows }) => found.get(name) !== rows);
  if (lost === undefined) return;
  throw new SheafError(
    'STAGED_LOST',
    `The staging table ${lost.name} has ${found.get(lost.name) ?? 0} rows, not the ${lost.rows} that were written: the server crashed since, or somebody changed it`,
    { next: 'Nothing was loaded. The run begins anew by itself; else run the pipeline again.' },
  );
}

async function rejectRows(session: Session, move: sql.Move, context: CommitContext<PreparedTable>): Promise<number> {
  await session.run(fitsFunction);
  const rejects = quotedTable({ schema: context.prepared.schema, name: rejectsName });
  let rejected = 0;
  for (const table of move.staging) {
    rejected += await session.run(sql.rejectSql(move, table, rejects), [context.run, context.pipeline, context.output]);
  }
  return rejected;
}

async function append(session: Session, move: sql.Move): Promise<number> {
  let rows = 0;
  for (const table of move.staging) rows += await session.run(sql.appendSql(move, table));
  return rows;
}

async function merge(session: Session, move: sql.Move, target: Target | undefined): Promise<number> {
  if (!move.rejecting) await checkKeys(session, move);
  // A key that all rows share orders them; otherwise concurrent writers must be kept out.
  if (hasIndex(move, target)) return session.run(sql.upsertSql(move));
  await session.run(`LOCK TABLE ${move.target} IN SHARE ROW EXCLUSIVE MODE`);
  await session.run(sql.collectSql(move));
  const update = sql.updateSql(move);
  const updated = update === undefined ? 0 : await session.run(update);
  return updated + (await session.run(sql.insertNewSql(move)));
}

/** Whether a unique index is over just the key. */
function hasIndex({ placed, key }: sql.Move, target: Target | undefined): boolean {
  const names = new Set(placed.flatMap(({ staged, target: to }) => (key.includes(staged.name) && to ? [to.name] : [])));
  return (target?.uniqueKeys ?? []).some(
    (index) => index.length === names.size && index.every((name) => names.has(name)),
  );
}

async function checkKeys(session: Session, move: sql.Move): Promise<void> {
  const counted = await session.rows<{ rows: string }>(sql.nullKeysSql(move));
  const rows = counted.reduce((sum, one) => sum + Number(one.rows), 0);
  if (rows === 0) return;
  throw new SheafError('SINK_FAILED', `${rows} rows for ${move.target} have null in the key (${move.key.join(', ')})`, {
    next: 'Add a rule to the pipeline: expect.notNull(column) for each column of the key. Nothing was loaded.',
  });
}
