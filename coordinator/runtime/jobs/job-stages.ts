import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { JobId } from '../../../shared/ids.ts';
import { nextWave } from '../../planner/adapt/next-wave.ts';
import { begin, finished, type Progress, type Wave } from '../../planner/adapt/progress.ts';
import type { StagedPlan } from '../../planner/stages/staged-plan.ts';
import type { StageFinished } from '../../scheduler/effects.ts';
import type { SchedulerShell } from '../shell.ts';
import type { JobBook } from './job-book.ts';

interface Parts {
  readonly book: JobBook;
  readonly shell: SchedulerShell;
  readonly config: Config;
}

/** The stages of running jobs that have not begun: each is decided when the sizes of what it reads are known. */
export class JobStages {
  readonly #progress = new Map<JobId, Progress>();
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The stages that a job begins with. */
  begin(job: JobId, plan: StagedPlan, slots: number): Wave {
    return this.#next(job, begin(plan, slots, this.#parts.config));
  }

  /** A stage has all its outputs: what reads it may begin. */
  goOn(effect: StageFinished): void {
    const { book, shell } = this.#parts;
    const { job } = effect;
    try {
      const wave = this.#finished(effect);
      if (wave === undefined) return;
      const { stages, finalStage, unneeded, adaptations } = wave;
      const before = book.get(job).adaptations ?? [];
      if (adaptations.length > 0) book.change(job, { adaptations: [...before, ...adaptations] });
      if (stages.length + unneeded.length === 0) return;
      shell.post({ kind: 'stagesAdded', job, stages, unneeded, ...(finalStage === undefined ? {} : { finalStage }) });
    } catch (thrown) {
      shell.post({ kind: 'jobAborted', job, error: SheafError.from(thrown).toData() });
    }
  }

  /** The job is over. */
  forget(job: JobId): void {
    this.#progress.delete(job);
  }

  /** Nothing if the job has begun all its stages, or the stage has finished before. */
  #finished({ job, stage, first, rows, bytes, winners }: StageFinished): Wave | undefined {
    const progress = this.#progress.get(job);
    if (progress === undefined || !first) return undefined;
    const tasks = winners.map(({ partitions }) => partitions);
    return this.#next(job, finished(progress, stage, { rows, bytes, tasks }));
  }

  #next(job: JobId, progress: Progress): Wave {
    const wave = nextWave(progress);
    if (wave.finalStage === undefined) this.#progress.set(job, wave.progress);
    else this.#progress.delete(job);
    return wave;
  }
}
