import type { RecordBatch } from 'apache-arrow';
import { type ErrorCode, SheafError } from '../../shared/errors.ts';
import type { ExchangePart } from '../../shared/stage/exchange-part.ts';
import type { Draft } from '../dataset/draft.ts';
import type { ActionOptions } from '../job/options.ts';
import { type FinishedJob, refuseAborted, runJob } from '../job/run.ts';
import type { Session } from '../session/session.ts';
import { inOrder } from './read-ahead.ts';
import { ResultMadeAnew, remadePart } from './remade.ts';

type NamedOptions = ActionOptions & { readonly name: string };

/** Runs a plan and yields its rows in order; when the loop ends, in whatever way, the cluster may forget them. */
export async function* streamResult(
  session: Session,
  draft: Draft,
  options: NamedOptions,
): AsyncGenerator<RecordBatch, void, undefined> {
  using job = await runJob(session, draft, options.name, options);
  yield* batchesOf(session, job);
}

/**
 * The batches of all parts of a finished job, in order. Empty batches are left out.
 *
 * @param anew called when what was yielded is void, because the result was made anew and comes from its beginning.
 *   Without, that is an error, unless no batch was yielded yet
 */
export async function* batchesOf(
  session: Session,
  job: FinishedJob,
  anew?: () => void,
): AsyncGenerator<RecordBatch, void, undefined> {
  let yielded = false;
  for (let current = job; ; ) {
    try {
      for await (const batch of readParts(session, current)) {
        yielded = true;
        yield batch;
      }
      return;
    } catch (thrown) {
      if (!(thrown instanceof ResultMadeAnew) || (yielded && !anew)) throw thrown;
      anew?.();
      current = { ...job, result: thrown.result };
    }
  }
}

async function* readParts(session: Session, job: FinishedJob): AsyncGenerator<RecordBatch, void, undefined> {
  const { resultReadAheadBytes: bytesMax, resultPartsAhead: concurrent } = session.config;
  const parts = job.result.parts.filter(({ rows }) => rows > 0).map((part) => readSurely(session, job, part));
  yield* inOrder(parts, { bytesOf: (batch) => batch.data.byteLength, bytesMax, concurrent });
}

/** A part's batches; if the part is lost on the way it is made again, and what was read of it is left out. */
async function* readSurely(
  session: Session,
  job: FinishedJob,
  first: ExchangePart,
): AsyncGenerator<RecordBatch, void, undefined> {
  let rowsRead = 0;
  for (let part = first, remakes = 0; ; remakes++) {
    try {
      for await (const batch of withoutRows(session.readPart(job.id, part, job.signal), rowsRead)) {
        rowsRead += batch.numRows;
        yield batch;
      }
      return;
    } catch (thrown) {
      refuseAborted(job.signal);
      if (!isLost(thrown) || remakes >= session.config.resultRemakesMax) throw thrown;
      part = await remadePart(session, job, part, rowsRead);
    }
  }
}

const lostCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['FETCH_FAILED', 'FILE_NOT_FOUND', 'FILE_CORRUPT', 'UNREACHABLE', 'DEADLINE'] as const),
  ...(['CANCELLED', 'QUOTA_EXCEEDED', 'INTERNAL'] as const),
]);

/** Whether the part itself could not be read, so that it must be made again. */
const isLost = (thrown: unknown): boolean => thrown instanceof SheafError && lostCodes.has(thrown.code);

/** Leaves out the first rows: an attempt of a deterministic task yields the same rows in the same order as the last. */
async function* withoutRows(batches: AsyncIterable<RecordBatch>, rows: number): AsyncGenerator<RecordBatch> {
  let left = rows;
  for await (const batch of batches) {
    const skipped = Math.min(left, batch.numRows);
    left -= skipped;
    if (skipped < batch.numRows) yield skipped === 0 ? batch : batch.slice(skipped);
  }
}
