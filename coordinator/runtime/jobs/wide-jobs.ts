import { SheafError } from '../../../shared/errors.ts';
import type { Epoch, JobId } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/log.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import { runName } from '../../../shared/stage/staging.ts';
import type { StagedPlan } from '../../planner/stages/staged-plan.ts';
import type { JobPlanner } from '../planning/job-planner.ts';
import type { SchedulerShell } from '../shell.ts';
import type { JobBook } from './job-book.ts';
import type { JobStages } from './job-stages.ts';

interface Parts {
  readonly epoch: Epoch;
  readonly book: JobBook;
  readonly planner: Pick<JobPlanner, 'plan'>;
  readonly shell: Pick<SchedulerShell, 'post'>;
  readonly stages: Pick<JobStages, 'begin'>;
  readonly slots: () => number;
  readonly log: Logger;
}

/**
 * Jobs of one wide task: if that runs out of memory, they are planned again, as tasks that exchange rows and spill by
 * parts.
 */
export class WideJobs {
  readonly #parts: Parts;
  readonly #plans = new Map<JobId, PlanNode>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** To be called with each job as it was planned. */
  remember(job: JobId, plan: PlanNode, { stages }: StagedPlan): void {
    if (stages.some(({ wide }) => wide)) this.#plans.set(job, plan);
  }

  /** Hands the scheduler the stages of a job that has outgrown its one task. What is wrong with them fails it. */
  async distribute(job: JobId): Promise<void> {
    const { shell, log } = this.#parts;
    log.info({ job }, 'its wide task ran out of memory: it is planned again, distributed');
    try {
      await this.#distribute(job);
    } catch (thrown) {
      shell.post({ kind: 'jobAborted', job, error: SheafError.from(thrown).toData() });
    }
  }

  /** The job is over. */
  forget(job: JobId): void {
    this.#plans.delete(job);
  }

  async #distribute(job: JobId): Promise<void> {
    const slots = this.#parts.slots();
    const { epoch, book, planner, shell, stages: jobStages } = this.#parts;
    const plan = this.#plans.get(job);
    if (plan === undefined) throw new SheafError('INTERNAL', `Job ${job} ran wide, but its plan is not known`);
    const { staged } = await planner.plan(runName(job, epoch), plan, { slots, job, distributed: true });
    if (!this.#plans.has(job)) return; // It has ended meanwhile.
    const { stages, finalStage, adaptations, unneeded } = jobStages.begin(job, staged, slots);
    const deterministic = staged.stages.every((stage) => stage.deterministic);
    book.change(job, { schema: staged.schema, deterministic, adaptations });
    shell.post({ kind: 'stagesAdded', job, stages, unneeded, ...(finalStage === undefined ? {} : { finalStage }) });
  }
}
