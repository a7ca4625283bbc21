import { randomUUID } from 'node:crypto';
import { SheafError } from '../../shared/errors.ts';
import { type JobId, jobId } from '../../shared/ids.ts';
import type { JobInfo, JobResult } from '../../shared/plan/job.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { Draft } from '../dataset/draft.ts';
import { isLostCoordinator, persist } from '../session/persist.ts';
import type { Session } from '../session/session.ts';
import type { ActionOptions } from './options.ts';
import { resolverFor } from './resolver.ts';
import { watchJob } from './watch.ts';

/** A job that has succeeded. Disposing tells the coordinator that its data may go. */
export interface FinishedJob extends Disposable {
  readonly id: JobId;
  readonly info: JobInfo;
  readonly result: JobResult;
  /** Aborted when the caller's signal is, or when the handle of the cluster is closed. */
  readonly signal: AbortSignal;
}

/**
 * Uploads what is local, submits the plan, and follows the job to its end. A job that is not followed any more (abort,
 * lost patience, an error here) is cancelled.
 *
 * @param defaultName the job's name unless the options give one
 * @throws SheafError the job's own error, or `CANCELLED`, `UNREACHABLE`
 */
export async function runJob(
  session: Session,
  draft: Draft,
  defaultName: string,
  options: ActionOptions = {},
): Promise<FinishedJob> {
  const running = submitAndFollow(session, draft, defaultName, options);
  const remove = session.openWork.add(() => running);
  try {
    return await running;
  } finally {
    remove();
  }
}

async function submitAndFollow(
  session: Session,
  draft: Draft,
  defaultName: string,
  options: ActionOptions,
): Promise<FinishedJob> {
  const signal = AbortSignal.any([session.closed, ...(options.signal ? [options.signal] : [])]);
  refuseAborted(signal);
  const plan = await draft(resolverFor(session, signal)).catch((thrown: unknown) => {
    refuseAborted(signal);
    throw thrown;
  });
  const id = await submit(session, plan, defaultName, options, signal);
  setImmediate(session.warmUp);
  try {
    refuseAborted(signal); // The call above is never broken off: a job whose id is not known could not be cancelled.
    return { id, ...(await outcome(session, id, options, signal)), signal, ...released(session, id) };
  } catch (thrown) {
    await forget(session, () => session.jobs.cancel({ job: id }));
    await forget(session, () => session.jobs.release({ job: id }));
    refuseAborted(signal);
    throw thrown;
  }
}

/**
 * The result is released when its reader is done with it, or with the connection. Nobody waits for that: a round trip
 * would be a good part of a small query's time.
 */
function released(session: Session, id: JobId): Disposable {
  const release = () => forget(session, () => session.jobs.release({ job: id }));
  const remove = session.openWork.add(release);
  return {
    [Symbol.dispose]: () => {
      remove();
      const releasing = release();
      const done = session.openWork.add(() => releasing);
      void releasing.then(done);
    },
  };
}

/** @throws SheafError the signal's reason, or `CANCELLED` with it as its cause, if it is aborted */
export function refuseAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  if (signal.reason instanceof SheafError) throw signal.reason;
  throw new SheafError('CANCELLED', 'The job was cancelled by its caller', { cause: signal.reason });
}

/** Idempotent: the coordinator accepts a key once. */
async function submit(
  session: Session,
  plan: PlanNode,
  defaultName: string,
  { name = defaultName, priority = 0, deadlineMs }: ActionOptions,
  signal: AbortSignal,
): Promise<JobId> {
  const request = { plan, name, priority, key: randomUUID(), ...(deadlineMs === undefined ? {} : { deadlineMs }) };
  const json = JSON.stringify(request);
  const { job } = await persist(session, signal, () => session.jobs.submit({ json }));
  return jobId(job);
}

async function outcome(session: Session, id: JobId, { onProgress }: ActionOptions, signal: AbortSignal) {
  for await (const { info, result } of watchJob(session, id, signal)) {
    session.onProgress(info);
    onProgress?.(info);
    if (info.state === 'failed' || info.state === 'cancelled') throw errorOf(info);
    if (info.state === 'succeeded' && result) return { info, result };
  }
  throw new SheafError('RESULT_GONE', `${id} succeeded, but its result went with the coordinator that held it`, {
    next: 'Run the action again.',
  });
}

/** The error with which a job ended. */
export const errorOf = (info: JobInfo): SheafError =>
  info.error
    ? SheafError.fromData({ ...info.error, details: { job: info.id, ...info.error.details } })
    : new SheafError('CANCELLED', `${info.id} was cancelled`, { next: 'Run it again.' });

/** Tells the coordinator that something may go. Failures are ignored: it finds out by itself in time. */
async function forget(session: Session, call: () => Promise<unknown>): Promise<void> {
  const again = async (thrown: unknown) => {
    if (!isLostCoordinator(thrown)) return;
    await session.seekLeader();
    await call();
  };
  await call()
    .catch(again)
    .catch(() => undefined);
}
