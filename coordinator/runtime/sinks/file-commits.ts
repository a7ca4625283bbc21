import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { JobId } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/log.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import type { JobBook } from '../jobs/job-book.ts';
import { outputOf } from '../jobs/job-info.ts';
import type { JobLedger } from '../jobs/job-ledger.ts';
import type { SchedulerShell } from '../shell.ts';
import { abortCommit, commitFiles, removeLeftovers } from './sink-files.ts';

/** What {@link FileCommits} works with. */
export interface FileCommitsParts {
  readonly book: JobBook;
  readonly ledger: Pick<JobLedger, 'committing' | 'notCommitted'>;
  readonly core: Scheduler;
  readonly shell: SchedulerShell;
  /** Throws when this leader's term is over. */
  readonly mustLead: () => void;
  readonly config: Config;
  readonly log: Logger;
}

/** Commits the files that jobs write, or removes them. */
export class FileCommits {
  readonly #parts: FileCommitsParts;

  constructor(parts: FileCommitsParts) {
    this.#parts = parts;
  }

  /**
   * The commit is decided in the store before a file is moved, so that whoever leads then moves the same files. A
   * leader that has lost its term leaves the rest, and the staged files, to the next one.
   *
   * @param files of the winning attempts, relative to the staging directory
   */
  async commit(job: JobId, files: readonly string[]): Promise<void> {
    const { book, shell, log } = this.#parts;
    try {
      const { takenOver } = book.get(job);
      await this.#commit(job, files);
      shell.post({ kind: 'sinkCommitted', job });
      if (takenOver) await this.abort(job);
    } catch (thrown) {
      const error = SheafError.from(thrown).toData();
      if (error.code === 'NOT_LEADER') log.info({ job }, 'its commit is left to the next leader');
      else shell.post({ kind: 'sinkFailed', job, error });
    }
  }

  /** Removes what is staged, of a job that was taken over also what runs under other leaders staged. */
  async abort(job: JobId): Promise<void> {
    const { book, config, log } = this.#parts;
    const { sink, takenOver } = book.find(job) ?? {};
    if (!sink) return;
    const aborted = takenOver ? removeLeftovers(sink.path, job, config) : abortCommit(sink, config);
    await aborted.catch((error: unknown) => {
      log.error({ job, error, path: sink.staging }, 'unfinished files could not be removed: remove them by hand');
    });
  }

  async #commit(job: JobId, files: readonly string[]): Promise<void> {
    const { book, ledger, core, mustLead, config } = this.#parts;
    const record = book.get(job);
    const { sink } = record;
    if (!sink) throw new SheafError('INTERNAL', `Job ${job} has files to commit but no destination`);
    const { path, mode, staging } = sink;
    await ledger.committing(job, { path, mode, staging, files, ...outputOf(record, core) });
    await commitFiles(sink, files, mustLead, config).catch(async (failed: unknown) => {
      await ledger.notCommitted(job);
      throw failed;
    });
    book.change(job, { files: files.length });
  }
}
