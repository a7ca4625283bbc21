import type { Core } from './core.ts';
import type { JobEvent } from './events.ts';
import { settle } from './outcomes/recovery.ts';
import { resultReady } from './outcomes/results.ts';
import { stopJob } from './outcomes/stop.ts';
import { addStages } from './state/graph.ts';
import { createJob } from './state/job.ts';

type Event<Kind extends JobEvent['kind']> = JobEvent & { kind: Kind };

/** A job that is known, or was, is submitted again by a client that did not hear the answer: nothing to do. */
export function jobSubmitted(core: Core, event: Event<'jobSubmitted'>): void {
  if (core.jobs.has(event.job) || core.ended.has(event.job)) return;
  const { priority, deadlineMs } = event;
  const job = createJob({ id: event.job, number: core.jobsSubmitted, priority, deadlineMs, nowMs: core.nowMs });
  addStages(job, event.stages, event.finalStage);
  core.jobsSubmitted++;
  core.jobs.set(job.id, job);
  settle(core, job);
}

/** For a job that has ended or is about to, the news comes too late. */
export function stagesAdded(core: Core, event: Event<'stagesAdded'>): void {
  const job = core.jobs.get(event.job);
  if (job === undefined || job.state.kind === 'stopping') return;
  addStages(job, event.stages, event.finalStage);
  for (const id of event.unneeded ?? []) {
    const stage = job.stages.get(id);
    if (stage !== undefined) stage.unread = true;
  }
  settle(core, job);
  if (job.finalStage?.state.kind === 'finished') resultReady(core, job);
}

export function jobAborted(core: Core, { job, error }: Event<'jobAborted'>): void {
  const known = core.jobs.get(job);
  if (known !== undefined) stopJob(core, known, { kind: 'failed', error });
}

/** Too late while the sink commits, and of no use once the job has succeeded. */
export function cancelRequested(core: Core, { job, reason }: Event<'cancelRequested'>): void {
  const known = core.jobs.get(job);
  if (known !== undefined) stopJob(core, known, { kind: 'cancelled', reason });
}
