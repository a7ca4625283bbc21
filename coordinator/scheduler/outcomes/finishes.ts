import { assert } from '../../../shared/errors.ts';
import type { TaskOutput } from '../../../shared/stage/task.ts';
import { type Core, moveTask } from '../core.ts';
import type { SchedulerEvent } from '../events.ts';
import { attemptOf, cancelAttempt, endAttempt } from '../placement/attempts.ts';
import type { Attempt } from '../state/attempt.ts';
import { addMetrics, isDurable, isUnfinished, moveStage, partitionCount, type Stage } from '../state/stage.ts';
import { addOutput } from '../state/worker.ts';
import { malformedOutput } from './errors.ts';
import { removeIncomplete, settle } from './recovery.ts';
import { resultReady } from './results.ts';
import { stageFinished } from './stage-finished.ts';
import { finishStopped, stopJob } from './stop.ts';

type Event = SchedulerEvent & { kind: 'attemptFinished' };

/** An attempt has its output: the first one of its task to report wins. */
export function attemptFinished(core: Core, { key, worker, output }: Event): void {
  const attempt = attemptOf(core, worker, key);
  if (attempt === undefined) return;
  const counts = attempt.state.kind === 'running';
  endAttempt(core, attempt);
  const { stage } = attempt.task;
  if (!counts) finishStopped(core, stage.job);
  else if (output.partitions.length !== partitionCount(stage.spec.output)) {
    stopJob(core, stage.job, { kind: 'failed', error: malformedOutput(attempt, output) });
  } else win(core, attempt, output);
}

function win(core: Core, attempt: Attempt, output: TaskOutput): void {
  const { task, worker, key, generation } = attempt;
  const { stage, state } = task;
  assert(generation === stage.generation, `${attempt.name} won with inputs of another generation`);
  if (state.kind === 'running') for (const twin of state.attempts) cancelAttempt(core, twin, 'twinFinished');
  const next = { kind: 'finished', attempt: key.attempt, worker, output, generation } as const;
  moveTask(core, task, 'finish', next, `attempt ${key.attempt} on ${worker.id}`);
  if (!isDurable(stage)) addOutput(worker, task);
  addMetrics(stage, output.metrics, 1);
  const { peaks } = stage.job;
  peaks.set(worker.id, Math.max(peaks.get(worker.id) ?? 0, output.metrics.peakRssBytes));
  stage.version++;
  stage.totals.wins++;
  stage.totals.winsMs += core.nowMs - attempt.startedMs;
  if (stage.counts.finished === stage.tasks.length) finishStage(core, stage);
}

function finishStage(core: Core, stage: Stage): void {
  const { job } = stage;
  moveStage(stage, 'allFinished', { kind: 'finished' });
  job.ready.delete(stage);
  stage.totals.finishedMs = core.nowMs;
  core.effects.push(stageFinished(stage));
  stage.everFinished = true;
  core.drainsChanged = true;
  removeIncomplete(core, stage);
  if (stage === job.finalStage) resultReady(core, job);
  else if (stage.producers.some(isUnfinished)) settle(core, job);
}
