import type { Core } from '../core.ts';
import type { Stage } from '../state/stage.ts';
import type { Task } from '../state/task.ts';
import { launch } from './attempts.ts';

/**
 * Gives slow tasks a second attempt elsewhere when slots are free and nothing waits for them. The first to finish wins,
 * the other is cancelled. Slow is relative to the stage's finished tasks, so half of them must have finished.
 */
export function speculate(core: Core): void {
  if (core.runnable.size > 0 || core.alone.size > 0) return;
  for (const job of core.jobs.values()) {
    if (job.attempts.size === 0) continue;
    for (const stage of job.stages.values()) speculateStage(core, stage);
  }
}

function speculateStage(core: Core, stage: Stage): void {
  const { counts, totals, tasks, state } = stage;
  if (state.kind !== 'running' || counts.running === 0 || counts.finished * 2 < tasks.length) return;
  const { speculationMs, speculationPercent } = core.limits;
  const slowMs = Math.max(speculationMs, ((totals.winsMs / totals.wins) * speculationPercent) / 100);
  for (const task of tasks) if (isSlow(task, core.nowMs - slowMs)) addTwin(core, task);
}

const isSlow = ({ state, alone }: Task, before: number): boolean =>
  state.kind === 'running' &&
  !alone &&
  state.attempts.length === 1 &&
  (state.attempts[0]?.startedMs ?? before) < before;

function addTwin(core: Core, task: Task): void {
  const where = task.state.kind === 'running' ? task.state.attempts[0]?.worker.id : undefined;
  const worker = core.slots.freest(where);
  if (worker !== undefined && worker.id !== where) launch(core, task, worker);
}
