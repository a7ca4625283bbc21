import type { Core } from '../core.ts';
import { isWorking, type Job, moveJob, type Outcome } from '../state/job.ts';
import { isDurable, isUnfinished } from '../state/stage.ts';
import { jobReport } from '../views/reports.ts';
import { giveUp } from './recovery.ts';

/**
 * Ends the job's work: its attempts are cancelled, and when the last has stopped the job ends with this outcome. Too late
 * while its sink commits, and of no use once it has succeeded or is stopping already.
 */
export function stopJob(core: Core, job: Job, outcome: Outcome): void {
  if (!isWorking(job)) return;
  moveJob(job, 'stop', { kind: 'stopping', outcome, sinceMs: core.nowMs });
  for (const stage of job.stages.values()) if (isUnfinished(stage)) giveUp(core, stage, 'jobStopped');
  finishStopped(core, job);
}

/** Ends a stopping job if none of its attempts is left, or at once if it has waited too long for them. */
export function finishStopped(core: Core, job: Job, atOnce = false): void {
  if (job.state.kind !== 'stopping' || (job.attempts.size > 0 && !atOnce)) return;
  const { outcome } = job.state;
  moveJob(job, outcome.kind, outcome);
  // The stage that would have written may not have been added yet.
  const mayWrite = job.finalStage === undefined || [...job.stages.values()].some(isDurable);
  if (mayWrite) core.effects.push({ kind: 'abortSink', job: job.id });
  if (outcome.kind === 'failed') core.effects.push({ kind: 'jobFailed', job: job.id, error: outcome.error });
  if (outcome.kind === 'cancelled') core.effects.push({ kind: 'jobCancelled', job: job.id, reason: outcome.reason });
  endJob(core, job);
}

/** The job is over: its report is kept, its data may go everywhere. */
export function endJob(core: Core, job: Job): void {
  core.jobs.delete(job.id);
  core.runnable.delete(job);
  core.drainsChanged = true;
  const workers = [...job.workers].filter(({ state }) => state.kind !== 'lost');
  for (const worker of workers) worker.outputs.delete(job);
  core.ended.set(job.id, { ...jobReport(job), endedMs: core.nowMs });
  for (const [oldest] of core.ended) {
    if (core.ended.size <= core.limits.jobHistoryMax) break;
    core.ended.delete(oldest);
  }
  core.effects.push({ kind: 'dropJob', job: job.id, workers: workers.map(({ id }) => id) });
}
