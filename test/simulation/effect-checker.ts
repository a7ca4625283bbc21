import assert from 'node:assert/strict';
import type { SchedulerLimits } from '../../coordinator/scheduler/core.ts';
import type { Effect } from '../../coordinator/scheduler/effects.ts';
import type { SchedulerEvent } from '../../coordinator/scheduler/events.ts';
import type { Scheduler } from '../../coordinator/scheduler/scheduler.ts';
import { type AttemptKey, attemptName, type JobId, type WorkerId } from '../../shared/ids.ts';
import type { TaskSpec } from '../../shared/stage.ts';

/** Watches events and effects from outside, with books of its own, and fails on what must not be. */
export class EffectChecker {
  readonly #scheduler: Scheduler;
  readonly #limits: SchedulerLimits;
  readonly #slots = new Map<WorkerId, number>();
  /** By worker: the attempts that were launched and whose end was not reported. */
  readonly #running = new Map<WorkerId, Set<string>>();
  readonly #launched = new Set<string>();
  readonly #dropped = new Set<JobId>();
  readonly #ended = new Set<JobId>();
  readonly #draining = new Set<WorkerId>();
  readonly #failures = new Map<string, number>();
  readonly #cancelled = new Set<string>();

  constructor(scheduler: Scheduler, limits: SchedulerLimits) {
    this.#scheduler = scheduler;
    this.#limits = limits;
  }

  check(event: SchedulerEvent, effects: readonly Effect[]): void {
    this.#note(event);
    const known = new Set(this.#scheduler.workers().map(({ id }) => id));
    for (const worker of this.#slots.keys()) if (!known.has(worker)) this.#forget(worker);
    for (const effect of effects) this.#checkEffect(effect);
  }

  #note(event: SchedulerEvent): void {
    switch (event.kind) {
      case 'workerJoined':
        if (!this.#slots.has(event.worker)) this.#running.set(event.worker, new Set());
        this.#slots.set(event.worker, event.slots);
        break;
      case 'workerDraining':
        this.#draining.add(event.worker);
        break;
      case 'attemptFailed':
        this.#noteFailure(event);
        this.#running.get(event.worker)?.delete(attemptName(event.key));
        break;
      case 'attemptFinished':
        this.#running.get(event.worker)?.delete(attemptName(event.key));
        break;
      default:
    }
  }

  #noteFailure({ key, worker, failure }: SchedulerEvent & { kind: 'attemptFailed' }): void {
    const name = attemptName(key);
    if (!this.#running.get(worker)?.has(name) || this.#cancelled.has(name)) return;
    if (failure.kind !== 'taskError' && failure.kind !== 'outOfMemory') return;
    const task = `${key.job}/${key.stage}/${key.task}`;
    const failures = (this.#failures.get(task) ?? 0) + 1;
    this.#failures.set(task, failures);
    assert.ok(failures <= this.#limits.taskAttemptsMax, `${task} failed ${failures} times`);
  }

  #forget(worker: WorkerId): void {
    this.#slots.delete(worker);
    this.#running.delete(worker);
  }

  #checkEffect(effect: Effect): void {
    if ('job' in effect)
      assert.ok(!this.#dropped.has(effect.job), `${effect.kind} for ${effect.job} after it was dropped`);
    switch (effect.kind) {
      case 'launch':
        this.#checkLaunch(effect.worker, effect.task);
        break;
      case 'cancelAttempt':
        this.#checkCancel(effect.worker, effect.key);
        break;
      case 'jobFailed':
      case 'jobCancelled':
        assert.ok(!this.#ended.has(effect.job), `${effect.job} ended twice`);
        this.#ended.add(effect.job);
        break;
      case 'dropJob':
        this.#dropped.add(effect.job);
        for (const worker of effect.workers) assert.ok(this.#slots.has(worker), `dropJob to ${worker}, which is lost`);
        break;
      default:
    }
  }

  #checkLaunch(worker: WorkerId, task: TaskSpec): void {
    const name = attemptName(task);
    const running = this.#running.get(worker);
    assert.ok(running !== undefined, `${name} launched on ${worker}, which is lost`);
    assert.ok(!this.#draining.has(worker), `${name} launched on ${worker}, which drains`);
    assert.ok(!this.#launched.has(name), `${name} launched twice`);
    assert.ok(!this.#dropped.has(task.job) && !this.#ended.has(task.job), `${name} launched after its job ended`);
    assert.ok(!task.alone || running.size === 0, `${name} is not alone on ${worker}`);
    this.#launched.add(name);
    running.add(name);
    assert.ok(running.size <= (this.#slots.get(worker) ?? 0), `${worker} has more attempts than slots`);
    for (const input of task.inputs) {
      if (input.kind !== 'exchange') continue;
      for (const part of input.parts)
        assert.ok(this.#slots.has(part.worker), `${name} reads from ${part.worker}: lost`);
    }
  }

  #checkCancel(worker: WorkerId, key: AttemptKey): void {
    const name = attemptName(key);
    assert.ok(this.#running.get(worker)?.has(name), `${name} cancelled on ${worker}, where it does not run`);
    assert.ok(!this.#cancelled.has(name), `${name} cancelled twice`);
    this.#cancelled.add(name);
  }
}
