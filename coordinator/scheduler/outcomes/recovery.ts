import type { ProducerRef } from '../../../shared/failure.ts';
import { type Core, moveTask, updateReady } from '../core.ts';
import type { CancelReason, LaunchCause } from '../effects.ts';
import { cancelAttempt } from '../placement/attempts.ts';
import type { Job } from '../state/job.ts';
import { addMetrics, isNeeded, isUnfinished, moveStage, type Stage } from '../state/stage.ts';
import type { Task } from '../state/task.ts';
import { removeOutput, type Worker } from '../state/worker.ts';

/**
 * The output of a finished task is gone (or belongs to another generation). Whether it is made again is for `settle`
 * to say, once all that is lost is known.
 */
export function loseOutput(core: Core, task: Task, cause: 'outputLost' | 'inputChanged'): void {
  const { stage, state } = task;
  if (state.kind !== 'finished') return;
  removeOutput(state.worker, task);
  addMetrics(stage, state.output.metrics, -1);
  stage.version++;
  moveTask(core, task, cause, { kind: 'lost', cause }, `attempt ${state.attempt} on ${state.worker.id}`);
  if (stage.state.kind !== 'finished') return;
  moveStage(stage, 'outputLost', { kind: 'spent' });
  for (const consumer of stage.consumers) addIncomplete(core, consumer);
}

/** All that a worker held of a job is gone, or out of reach. Files are not: they lie on shared storage. */
export function loseOutputsOn(core: Core, worker: Worker, job: Job): void {
  for (const task of [...(worker.outputs.get(job) ?? [])]) {
    task.avoid = worker.id;
    loseOutput(core, task, 'outputLost');
  }
}

/**
 * Brings the job's graph to rest after outputs were lost, stages added or finished: missing outputs that are needed are
 * made again, with what they need in turn; unfinished stages that nobody needs any more are given up. Consumers come
 * first, since their need is their producers'.
 */
export function settle(core: Core, job: Job): void {
  const stages = [...job.stages.values()].sort((a, b) => b.depth - a.depth);
  while (stages.some((stage) => settleStage(core, stage))) {
    // A stage whose content changed took its consumers' outputs with it: look at all again.
  }
}

/** Returns true if stages that were looked at before must be looked at again. */
function settleStage(core: Core, stage: Stage): boolean {
  if (!isNeeded(stage)) {
    if (isUnfinished(stage)) giveUp(core, stage, 'notNeeded');
    return false;
  }
  if (stage.lost.length === 0) return false;
  const changed = !stage.spec.deterministic && stage.outputsRead;
  if (changed) changeContent(core, stage);
  if (stage.state.kind === 'spent') openStage(core, stage);
  const { lost } = stage;
  stage.lost = [];
  for (const task of lost) moveTask(core, task, 'need', { kind: 'pending', cause: lostCause(task) });
  return changed;
}

const lostCause = ({ state }: Task): LaunchCause => (state.kind === 'lost' ? state.cause : 'outputLost');

/** It has tasks to run (again). */
function openStage(core: Core, stage: Stage): void {
  const incomplete = stage.producers.filter(({ state }) => state.kind !== 'finished').length;
  moveStage(stage, 'need', { kind: 'waiting', incomplete });
  if (incomplete === 0) moveStage(stage, 'inputsComplete', { kind: 'running' });
  updateReady(core, stage);
}

/** Pending tasks are dropped and running attempts cancelled; outputs stay. */
export function giveUp(core: Core, stage: Stage, reason: CancelReason): void {
  for (const task of stage.tasks) {
    const { state } = task;
    if (state.kind === 'finished' || state.kind === 'lost') continue;
    moveTask(core, task, 'unneeded', { kind: 'lost', cause: rerunCause(task) }, reason);
    if (state.kind === 'running') for (const attempt of state.attempts) cancelAttempt(core, attempt, reason);
  }
  moveStage(stage, 'unneeded', { kind: 'spent' });
  updateReady(core, stage);
}

const rerunCause = ({ stage, state, nextAttempt }: Task): LaunchCause => {
  if (state.kind === 'pending' || state.kind === 'delayed') return state.cause;
  return nextAttempt === stage.job.firstAttempt ? 'first' : 'returned';
};

/**
 * A stage that is not deterministic is about to make an output anew after the old one may have been read: all that was
 * made from it, near or far, belongs to another run and goes (Spark learned this as SPARK-23207).
 */
function changeContent(core: Core, stage: Stage): void {
  const { job } = stage;
  job.generation++;
  stage.outputsRead = false;
  const derived = withConsumers(stage);
  if (job.finalStage !== undefined && derived.has(job.finalStage)) job.resultGeneration = job.generation;
  derived.delete(stage);
  for (const consumer of derived) {
    consumer.generation = job.generation;
    consumer.outputsRead = false;
    for (const task of consumer.tasks) discard(core, task);
  }
}

function discard(core: Core, task: Task): void {
  const { state } = task;
  if (state.kind === 'finished') loseOutput(core, task, 'inputChanged');
  if (state.kind !== 'running') return;
  moveTask(core, task, 'inputChanged', { kind: 'lost', cause: 'inputChanged' });
  for (const attempt of state.attempts) cancelAttempt(core, attempt, 'inputChanged');
}

/** The stage, its consumers, their consumers, and so on. */
function withConsumers(stage: Stage, found: Set<Stage> = new Set()): Set<Stage> {
  if (found.has(stage)) return found;
  found.add(stage);
  for (const consumer of stage.consumers) withConsumers(consumer, found);
  return found;
}

function addIncomplete(core: Core, consumer: Stage): void {
  const { state } = consumer;
  if (state.kind === 'waiting') {
    consumer.state = { kind: 'waiting', incomplete: state.incomplete + 1 };
  } else if (state.kind === 'running') {
    moveStage(consumer, 'inputLost', { kind: 'waiting', incomplete: 1 });
    updateReady(core, consumer);
  }
}

/** A producer of these stages has finished. */
export function removeIncomplete(core: Core, producer: Stage): void {
  for (const consumer of producer.consumers) {
    if (consumer.state.kind !== 'waiting') continue;
    const incomplete = consumer.state.incomplete - 1;
    consumer.state = { kind: 'waiting', incomplete };
    if (incomplete === 0) moveStage(consumer, 'inputsComplete', { kind: 'running' });
    updateReady(core, consumer);
  }
}

/** Whether something that lies on the worker is still needed: an input of unfinished stages, or a result. */
export const holdsNeeded = (worker: Worker): boolean =>
  [...worker.outputs].some(([job, tasks]) => {
    if (job.state.kind !== 'succeeded') return [...tasks].some(({ stage }) => isNeeded(stage));
    return [...tasks].some(({ stage }) => stage === job.finalStage);
  });

/** The finished task whose current output is the one referred to: this attempt's, on this worker. */
export function winnerOf(job: Job, ref: ProducerRef): Task | undefined {
  const task = job.stages.get(ref.stage)?.tasks[ref.task];
  if (task?.state.kind !== 'finished') return undefined;
  return task.state.attempt === ref.attempt && task.state.worker.id === ref.worker ? task : undefined;
}
