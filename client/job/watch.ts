import type { JobId } from '../../shared/ids.ts';
import type { JobInfo, JobResult, JobState } from '../../shared/plan/job.ts';
import { isLostCoordinator, seekAgain } from '../session/persist.ts';
import type { Session } from '../session/session.ts';

/** One step of a job's progress. */
export interface Update {
  readonly info: JobInfo;
  /** Present once the job has succeeded. */
  readonly result?: JobResult;
}

const ended: ReadonlySet<JobState> = new Set<JobState>(['succeeded', 'failed', 'cancelled']);

/** Whether a job is in a state that it does not leave. */
export const hasEnded = (info: JobInfo): boolean => ended.has(info.state);

/**
 * A job's updates until its end; the last one says how it ended. When the coordinator is lost, the one that leads
 * then is looked for, for `watchReconnectMs`: it goes on with the job.
 *
 * @throws SheafError `UNREACHABLE` after that time, `JOB_UNKNOWN`, or the signal's `CANCELLED`
 */
export async function* watchJob(session: Session, job: JobId, signal: AbortSignal): AsyncGenerator<Update> {
  const { watchReconnectMs } = session.config;
  let lostMs: number | undefined; // Counted from the loss: a job may have been silent long before it.
  while (true) {
    try {
      for await (const { infoJson, resultJson } of session.jobs.watch({ job }, { signal })) {
        lostMs = undefined;
        const update = toUpdate(infoJson, resultJson);
        yield update;
        if (hasEnded(update.info)) return;
      }
    } catch (thrown) {
      lostMs ??= performance.now();
      if (!isLostCoordinator(thrown) || performance.now() - lostMs > watchReconnectMs) throw thrown;
    }
    await seekAgain(session, signal);
  }
}

const toUpdate = (infoJson: string, resultJson: string): Update => ({
  info: JSON.parse(infoJson) as JobInfo,
  ...(resultJson === '' ? {} : { result: JSON.parse(resultJson) as JobResult }),
});
