import type { JobInfo } from '../../shared/plan/job.ts';
import { hasEnded } from '../job/watch.ts';
import type { Session } from '../session/session.ts';

/**
 * Tells of a run's jobs, one for each attempt, to the end of each. A run shows a job only while it loads. How a job
 * ended that is not shown any more is asked for.
 */
export class JobProgress {
  readonly #session: Pick<Session, 'jobs' | 'onProgress'>;
  #last: JobInfo | undefined;

  constructor(session: Pick<Session, 'jobs' | 'onProgress'>) {
    this.#session = session;
  }

  /** @param job of the run as it is now; undefined if none loads */
  async update(job: JobInfo | undefined): Promise<void> {
    const last = this.#last;
    this.#last = job;
    if (last !== undefined && last.id !== job?.id && !hasEnded(last)) await this.#tellEnd(last);
    if (job !== undefined) this.#session.onProgress(job);
  }

  async #tellEnd({ id }: JobInfo): Promise<void> {
    const { jobs, onProgress } = this.#session;
    const found = await jobs.getJob({ job: id }).catch(() => undefined); // Another leader does not know it: it is not missed.
    const info = found && (JSON.parse(found.json) as JobInfo);
    if (info && hasEnded(info)) onProgress(info);
  }
}
