import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { JobId } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/log.ts';
import type { JobRequest } from '../../../shared/plan/job.ts';
import { parseJobRequest } from '../../../shared/plan/validate.ts';
import { bundlesOf, datasetsOf } from '../../../shared/plan/walk.ts';
import type { BlobDirectory } from '../blobs.ts';
import type { DatasetSpool } from '../dataset-spool.ts';
import { commitFiles, removeLeftovers } from '../sinks/sink-files.ts';
import type { JobBook } from './job-book.ts';
import { type JobLedger, writtenBy } from './job-ledger.ts';
import type { JobRecord } from './job-record.ts';
import type { JobStarts } from './job-starts.ts';
import { hasEnded, type SavedCommit, type SavedJob, takeOverOf } from './saved-job.ts';

/** What {@link JobTakeOver} works with. */
export interface TakeOverParts {
  readonly book: JobBook;
  readonly ledger: JobLedger;
  readonly starts: JobStarts;
  readonly blobs: BlobDirectory;
  readonly datasets: DatasetSpool;
  /** Throws when this leader's term is over. */
  readonly mustLead: () => void;
  readonly config: Config;
  readonly log: Logger;
}

/**
 * What a new leader does with the jobs that it finds in the store: lists the ended ones, runs the others again under
 * their own ids, and finishes commits that were decided.
 */
export class JobTakeOver {
  readonly #parts: TakeOverParts;

  constructor(parts: TakeOverParts) {
    this.#parts = parts;
  }

  /** When this resolves all of them are known here; what is to be done for them goes on behind. */
  async begin(): Promise<void> {
    const { book, ledger, log } = this.#parts;
    const jobs = await ledger.load();
    for (const job of jobs) book.restore(recordOf(job));
    const unfinished = jobs.filter((job) => !hasEnded(job));
    if (unfinished.length > 0) log.info({ jobs: unfinished.map(({ id }) => id) }, 'taking over jobs');
    for (const job of unfinished) void this.#goOn(job);
  }

  async #goOn(job: SavedJob): Promise<void> {
    const { starts, config, log } = this.#parts;
    const what = takeOverOf(job, config.jobTakeoversMax);
    try {
      if (what.kind === 'finishCommit') await this.#finishCommit(job, what.commit);
      else if (what.kind === 'run') await this.#runAgain(job);
      else if (what.kind === 'cancel') await starts.end(job.id, { state: 'cancelled', endedMs: Date.now() });
      else if (what.kind === 'giveUp') throw endedItsLeaders(job);
    } catch (thrown) {
      await starts.refuse(job.id, thrown);
    }
    await this.#tidy(job).catch((error: unknown) => log.warn({ job: job.id, error }, 'staged files were not removed'));
  }

  /** What earlier runs staged goes, unless the job still runs: then it goes with the job. */
  async #tidy({ id, destination }: SavedJob): Promise<void> {
    const { book, mustLead } = this.#parts;
    if (destination === undefined || book.find(id)?.life.state === 'running') return;
    mustLead(); // Another leader may need them.
    await removeLeftovers(destination, id, this.#parts.config);
  }

  async #runAgain({ id, request: blob, slots }: SavedJob): Promise<void> {
    const { book, ledger, starts } = this.#parts;
    const request = await this.#requestOf(id, blob);
    book.change(id, { datasets: datasetsOf(request.plan), bundles: bundlesOf(request.plan) });
    await ledger.takenOver(id);
    await starts.run(id, request, slots);
  }

  /** @throws SheafError `JOB_LOST` if it, or something that it needs, is not here */
  async #requestOf(id: JobId, blob: string): Promise<JobRequest> {
    const { blobs, datasets } = this.#parts;
    const content = await blobs.get(blob).catch((cause: unknown) => {
      throw lost(id, 'its request', cause);
    });
    const request = parseJobRequest(Buffer.from(content).toString());
    if (datasetsOf(request.plan).some((dataset) => !datasets.has(dataset))) throw lost(id, 'a dataset of its client');
    if ((await blobs.missing(bundlesOf(request.plan))).length > 0) throw lost(id, 'the bundle of a function');
    return request;
  }

  /** All of it may have been done already: that is seen, and nothing is done twice. */
  async #finishCommit({ id }: SavedJob, commit: SavedCommit): Promise<void> {
    const { book, ledger, starts, mustLead, log } = this.#parts;
    try {
      await commitFiles(commit, commit.files, mustLead, this.#parts.config);
    } catch (thrown) {
      mustLead();
      const error = SheafError.from(thrown).toData();
      return await starts.end(id, { state: 'failed', error, endedMs: Date.now() });
    }
    await ledger.succeeded(id);
    const result = { schema: [], parts: [], written: writtenBy(commit) };
    book.change(id, { life: { state: 'succeeded', result, endedMs: Date.now(), released: true } });
    log.info({ job: id, path: commit.path }, 'finished the commit of an earlier leader');
  }
}

/** A job as this leader begins with it. */
function recordOf(job: SavedJob): JobRecord {
  const { id, name, key, submittedMs } = job;
  const facts = { id, name, submittedMs, datasets: [], bundles: [], takenOver: true };
  return { ...facts, ...(key === undefined ? {} : { key }), life: lifeOf(job) };
}

function lifeOf(job: SavedJob): JobRecord['life'] {
  if (job.state === 'failed') return { state: 'failed', error: job.error, endedMs: job.endedMs };
  if (job.state === 'cancelled') return { state: 'cancelled', endedMs: job.endedMs };
  if (job.state === 'cancelling') return { state: 'cancelling' };
  if (job.state === 'committing') return { state: 'running' };
  if (job.state === 'running') return { state: 'planning' };
  const { endedMs, written } = job;
  const result = written && { schema: [], parts: [], written };
  return { state: 'succeeded', endedMs, released: true, ...(result ? { result } : {}) };
}

const lost = (id: JobId, what: string, cause?: unknown): SheafError =>
  new SheafError('JOB_LOST', `The coordinator that ran ${id} has ended, and ${what} with it`, {
    cause,
    next: 'Run it again. Coordinators that share a directory (--blob-dir) go on with each other’s jobs.',
  });

const endedItsLeaders = ({ id, takeovers }: SavedJob): SheafError =>
  new SheafError('JOB_LOST', `${takeovers + 1} coordinators have ended while they ran ${id}; it is not tried again`, {
    next: 'Look at the last words of their logs. If they ended for other reasons, run it again (jobTakeoversMax).',
  });
