import assert from 'node:assert/strict';
import type { Core } from '../../coordinator/scheduler/core.ts';
import { isWorking, type Job } from '../../coordinator/scheduler/state/job.ts';
import { isDurable, isNeeded, isUnfinished, type Stage, stageName } from '../../coordinator/scheduler/state/stage.ts';
import { type Task, taskStory } from '../../coordinator/scheduler/state/task.ts';
import { freeSlots, isOpen, type Worker } from '../../coordinator/scheduler/state/worker.ts';

/** What must hold between any two events. @throws AssertionError with the story of what breaks it */
export function checkInvariants(core: Core): void {
  const addresses = new Set([...core.workers.values()].map(({ address }) => address));
  assert.equal(addresses.size, core.workers.size, 'two lives at one address');
  for (const worker of core.workers.values()) checkWorker(core, worker);
  for (const job of core.jobs.values()) checkJob(core, job);
  checkWorkConservation(core);
  checkMachine(core);
}

function checkWorker(core: Core, worker: Worker): void {
  const { id, slots, attempts, state, outputs } = worker;
  assert.notEqual(state.kind, 'lost', `${id} is lost but known`);
  assert.ok(attempts.size <= slots, `${id} runs ${attempts.size} attempts in ${slots} slots`);
  const alone = [...attempts.values()].filter((attempt) => attempt.alone);
  assert.ok(alone.length === 0 || attempts.size === 1, `${id}: ${alone[0]?.name} is not alone`);
  for (const attempt of attempts.values()) {
    assert.notEqual(attempt.state.kind, 'ended', `${attempt.name} has ended but takes a slot`);
    assert.ok(attempt.worker === worker, attempt.name);
  }
  const expected = isOpen(worker) && freeSlots(worker) > 0 ? freeSlots(worker) : undefined;
  assert.equal(worker.place?.free, expected, `${id} is not in its place of the slot pool`);
  const apart = state.kind === 'active' && state.admission !== 'open';
  assert.equal(core.setAside.has(worker), apart, `${id}: set aside or not?`);
  for (const job of outputs.keys()) assert.ok(core.jobs.get(job.id) === job, `${id} holds outputs of ${job.id}: ended`);
  for (const tasks of outputs.values())
    for (const task of tasks) if (!isOutputOf(task, worker)) assert.fail(`no output of ${id}: ${taskStory(task)}`);
}

const isOutputOf = ({ state }: Task, worker: Worker): boolean => state.kind === 'finished' && state.worker === worker;

function checkJob(core: Core, job: Job): void {
  assert.ok(!['released', 'failed', 'cancelled'].includes(job.state.kind), `${job.id} has ended but is kept`);
  for (const attempt of job.attempts) assert.ok(attempt.worker.attempts.get(attempt.name) === attempt, attempt.name);
  for (const stage of job.stages.values()) checkStage(core, stage);
  assert.equal(core.runnable.has(job), job.ready.size > 0, `${job.id}: runnable or not?`);
  if (job.state.kind === 'stopping') assert.ok(job.attempts.size > 0, `${job.id} waits for nothing to stop`);
  if (job.finalStage?.state.kind === 'finished') assert.ok(!isWorking(job), `${job.id} has its result but works on`);
  if (!isWorking(job)) for (const stage of job.stages.values()) assert.ok(!isUnfinished(stage), stageName(stage));
  else if (job.finalStage !== undefined) assert.ok([...job.stages.values()].some(canProgress), `${job.id} is stuck`);
}

const canProgress = ({ state, counts }: Stage): boolean =>
  counts.running + counts.delayed > 0 || (state.kind === 'running' && counts.pending > 0);

function checkStage(core: Core, stage: Stage): void {
  const { state, counts, tasks, producers, spec, queue, job } = stage;
  const name = stageName(stage);
  const seen = { pending: 0, delayed: 0, running: 0, finished: 0, lost: 0 };
  for (const task of tasks) {
    seen[task.state.kind]++;
    checkTask(core, task);
  }
  for (const kind of taskStates) assert.equal(counts[kind], seen[kind], `${name}: ${kind} tasks`);
  assert.equal(seen.finished === tasks.length, state.kind === 'finished', `${name} is ${state.kind}`);
  const queued = tasks.filter((task) => task.state.kind === 'pending' && !task.alone).length;
  assert.equal(queue.size, queued, `${name}: queue`);
  assert.equal(job.ready.has(stage), state.kind === 'running' && queued > 0, `${name}: ready or not?`);
  const incomplete = producers.filter((producer) => producer.state.kind !== 'finished').length;
  if (state.kind === 'waiting') assert.equal(state.incomplete, incomplete, `${name} waits for too few or too many`);
  if (state.kind === 'waiting') assert.ok(incomplete > 0, `${name} waits for nothing`);
  if (state.kind === 'running') assert.equal(incomplete, 0, `${name} runs without its inputs`);
  if (isUnfinished(stage)) assert.ok(seen.lost === 0 && isNeeded(stage), `${name} is unfinished: why?`);
  else assert.equal(seen.finished + seen.lost, tasks.length, `${name} is ${state.kind} but has tasks to run`);
  if (isNeeded(stage)) assert.equal(stage.lost.length, 0, `${name} is needed, but ${stage.lost.length} tasks are lost`);
  assert.equal(stage.lost.length, seen.lost, `${name}: lost tasks`);
  assert.ok(spec.tasks === tasks.length);
}

const taskStates = ['pending', 'delayed', 'running', 'finished', 'lost'] as const;

function checkTask(core: Core, task: Task): void {
  const { state, stage } = task;
  const holds = (condition: unknown, what: string): void => {
    // The story is told only where it is needed: there are millions of these checks.
    if (!condition) assert.fail(`${what}: ${taskStory(task)}`);
  };
  holds(core.delayed.has(task) === (state.kind === 'delayed'), 'delayed or not?');
  holds(core.alone.has(task) === (state.kind === 'pending' && task.alone), 'waits to run alone or not?');
  holds(task.deaths.length <= core.limits.poisonDeathsMax + 1, 'too many deaths');
  if (state.kind === 'running') {
    holds(state.attempts.length === 1 || state.attempts.length === 2, 'one attempt or two');
    for (const attempt of state.attempts) {
      holds(attempt.state.kind === 'running', 'its attempt does not run');
      holds(attempt.worker.attempts.get(attempt.name) === attempt, 'its worker does not know of its attempt');
      holds(attempt.generation === stage.generation, 'its attempt reads inputs of another generation');
    }
  }
  if (state.kind === 'finished') {
    holds(state.generation === stage.generation, 'its output is of another generation');
    if (isDurable(stage)) return;
    holds(state.worker.outputs.get(stage.job)?.has(task), 'its worker does not know of its output');
    holds(core.workers.get(state.worker.id) === state.worker, 'its output went with its worker');
  }
}

/** Who has the machine to itself runs, and nobody else does. */
function checkMachine({ machine, workers }: Core): void {
  const lent = [...workers.values()].filter(({ state }) => state.kind === 'active' && state.admission === 'lent');
  assert.ok(machine !== undefined || lent.length === 0, 'workers are lent to nobody');
  if (machine === undefined) return;
  assert.ok(machine.worker.attempts.get(machine.name) === machine, `${machine.name} has ended, but has the machine`);
  const running = [...workers.values()].flatMap(({ attempts }) => [...attempts.keys()]);
  assert.deepEqual(running, [machine.name], 'others run beside it');
}

/** No slot is free while a task waits that could use it, and no worker is reserved for nobody. */
function checkWorkConservation(core: Core): void {
  const waiting = [...core.alone].filter(({ stage }) => stage.state.kind === 'running').length;
  const reserved = [...core.setAside].filter(({ state }) => state.kind === 'active' && state.admission === 'reserved');
  assert.ok(reserved.length <= waiting, `${reserved.length} workers are reserved for ${waiting} tasks`);
  for (const { id, attempts } of reserved) assert.ok(attempts.size > 0, `${id} is empty and waits`);
  if (core.runnable.size > 0) assert.ok(core.slots.freest() === undefined, 'a slot is free while a task waits');
}
