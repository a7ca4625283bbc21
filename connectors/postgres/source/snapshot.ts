import { SheafError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { literal } from '../../../shared/sql/text.ts';
import type { Session } from '../session.ts';

/** A state of the database that several transactions read. It exists while the transaction that exported it is open. */
export interface HeldSnapshot {
  readonly id: string;
  /** Ends it. Never throws. */
  readonly release: () => Promise<void>;
}

/**
 * Begins a transaction on the session and exports its snapshot. The session belongs to the snapshot from here on. A
 * lock on the table (the weakest) keeps it from being rewritten while pieces of its file are read.
 *
 * @param lock the quoted table, if it is one
 */
export async function holdSnapshot(
  session: Session,
  options: { readonly heldMsMax: number; readonly log: Logger; readonly lock?: string | undefined },
): Promise<HeldSnapshot> {
  await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  if (options.lock !== undefined) await session.run(`LOCK TABLE ${options.lock} IN ACCESS SHARE MODE`);
  const [row] = await session.rows<{ id: string }>('SELECT pg_export_snapshot() AS id');
  const release = async (): Promise<void> => {
    clearTimeout(timer);
    await session[Symbol.asyncDispose]();
  };
  const timer = setTimeout(() => {
    options.log.warn({ heldMs: options.heldMsMax }, 'a snapshot of PostgreSQL was held for too long: it is given up');
    void release();
  }, options.heldMsMax).unref();
  return { id: row?.id ?? '', release };
}

/**
 * Begins a transaction that reads the snapshot, or one of its own.
 *
 * @throws SheafError `SOURCE_FAILED` if the snapshot no longer exists
 */
export async function beginReading(session: Session, snapshot: string | null): Promise<void> {
  await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  if (snapshot !== null) await useSnapshot(session, snapshot);
  // The same piece comes in the same order each time, also beside other scans of the table.
  await session.run('SET LOCAL synchronize_seqscans = off; SET LOCAL max_parallel_workers_per_gather = 0');
}

async function useSnapshot(session: Session, snapshot: string): Promise<void> {
  try {
    await session.run(`SET TRANSACTION SNAPSHOT ${literal(snapshot)}`);
  } catch (thrown) {
    const error = SheafError.from(thrown);
    const isGone = error.details?.sqlstate === '22023' || error.details?.sqlstate === '42704';
    throw isGone ? snapshotGone(error) : error;
  }
}

const snapshotGone = (cause: SheafError): SheafError =>
  new SheafError('SOURCE_FAILED', `The snapshot that all tasks read is there no more: ${cause.message}`, {
    retryable: true,
    next: 'Run it again: a new listing takes a new one. It ends with the coordinator that listed, the server, or postgresSnapshotHeldMsMax.',
    cause,
  });
