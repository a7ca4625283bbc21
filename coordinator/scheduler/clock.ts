import { type Core, moveTask } from './core.ts';
import { deadlinePassed, workersLost } from './outcomes/errors.ts';
import { finishStopped, stopJob } from './outcomes/stop.ts';
import { speculate } from './placement/speculation.ts';
import type { Job } from './state/job.ts';
import { isUnfinished } from './state/stage.ts';

/** Looks at all that waits for a time to come. */
export function tick(core: Core): void {
  for (const task of [...core.delayed]) {
    const { state } = task;
    if (state.kind !== 'delayed' || state.untilMs > core.nowMs) continue;
    moveTask(core, task, 'due', { kind: 'pending', cause: state.cause });
  }
  for (const job of [...core.jobs.values()]) checkJob(core, job);
  core.drainsChanged = true;
  speculate(core);
}

function checkJob(core: Core, job: Job): void {
  const { state } = job;
  const { nowMs, limits } = core;
  if (state.kind === 'stopping') {
    finishStopped(core, job, nowMs - state.sinceMs >= limits.jobStopLimitMs);
  } else if (state.kind === 'running' && job.deadlineMs !== undefined && nowMs >= job.deadlineMs) {
    stopJob(core, job, { kind: 'failed', error: deadlinePassed(job, nowMs) });
  } else if (isStranded(core, job)) {
    const waitedMs = limits.noWorkersGraceMs;
    stopJob(core, job, { kind: 'failed', error: workersLost(job, waitedMs) });
  }
}

/** It has work to do, none of it runs, and there has been no worker for longer than the grace period. */
function isStranded({ noWorkersSinceMs, nowMs, limits }: Core, job: Job): boolean {
  const { state } = job;
  if (noWorkersSinceMs === undefined || (state.kind !== 'running' && state.kind !== 'repairing')) return false;
  if (job.attempts.size > 0 || ![...job.stages.values()].some(isUnfinished)) return false;
  return nowMs - Math.max(noWorkersSinceMs, state.sinceMs) >= limits.noWorkersGraceMs;
}
