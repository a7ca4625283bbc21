import { setTimeout as sleep } from 'node:timers/promises';
import { SheafError } from '../../shared/errors.ts';
import type { JobId } from '../../shared/ids.ts';
import type { JobInfo, JobResult, JobState } from '../../shared/plan/job.ts';
import type { Session } from '../session/session.ts';

/** One step of a job's progress. */
export interface Update {
  readonly info: JobInfo;
  /** Present once the job has succeeded. */
  readonly result?: JobResult;
}

const ended: ReadonlySet<JobState> = new Set<JobState>(['succeeded', 'failed', 'cancelled']);

export const hasEnded = (info: JobInfo): boolean => ended.has(info.state);

/**
 * A job's updates until its end; the last one says how it ended. A lost coordinator is looked for again for
 * `watchReconnectMs`: the job itself may go on.
 *
 * @throws SheafError `UNREACHABLE` after that time, `JOB_UNKNOWN`, or the signal's `CANCELLED`
 */
export async function* watchJob(session: Session, job: JobId, signal: AbortSignal): AsyncGenerator<Update> {
  const { watchReconnectMs, watchRetryMs } = session.config;
  let heardMs = performance.now();
  while (true) {
    try {
      for await (const { infoJson, resultJson } of session.jobs.watch({ job }, { signal })) {
        heardMs = performance.now();
        const update = toUpdate(infoJson, resultJson);
        yield update;
        if (hasEnded(update.info)) return;
      }
    } catch (thrown) {
      if (!isLostCoordinator(thrown) || performance.now() - heardMs > watchReconnectMs) throw thrown;
    }
    await sleep(watchRetryMs, undefined, { signal });
  }
}

const isLostCoordinator = (thrown: unknown): boolean =>
  thrown instanceof SheafError && (thrown.code === 'UNREACHABLE' || thrown.code === 'NOT_LEADER');

const toUpdate = (infoJson: string, resultJson: string): Update => ({
  info: JSON.parse(infoJson) as JobInfo,
  ...(resultJson === '' ? {} : { result: JSON.parse(resultJson) as JobResult }),
});
