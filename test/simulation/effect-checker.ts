import assert from 'node:assert/strict';
import type { SchedulerLimits } from '../../coordinator/scheduler/core.ts';
import type { Effect } from '../../coordinator/scheduler/effects.ts';
import type { SchedulerEvent } from '../../coordinator/scheduler/events.ts';
import type { Scheduler } from '../../coordinator/scheduler/scheduler.ts';
import { type AttemptKey, attemptName, type JobId, type WorkerId } from '../../shared/ids.ts';
import type { TaskSpec } from '../../shared/stage/task.ts';

/** Watches events and effects from outside, with books of its own, and fails on what must not be. */
export class EffectChecker {
  readonly #scheduler: Scheduler;
  readonly #limits: SchedulerLimits;
  readonly #slots = new Map<WorkerId, number>();
  /** By worker: the attempts that were launched and whose end was not reported. */
  readonly #running = new Map<WorkerId, Set<string>>();
  readonly #launched = new Set<string>();
  /** Attempts that were given the machine. */
  readonly #machine = new Set<string>();
  readonly #dropped = new Set<JobId>();
  readonly #ended = new Set<JobId>();
  /** Since when each has been draining. */
  readonly #draining = new Map<WorkerId, number>();
  readonly #stoppingSinceMs = new Map<JobId, number>();
  readonly #gone = new Set<WorkerId>();
  readonly #cancelled = new Set<string>();

  constructor(scheduler: Scheduler, limits: SchedulerLimits) {
    this.#scheduler = scheduler;
    this.#limits = limits;
  }

  check(event: SchedulerEvent, effects: readonly Effect[], nowMs: number): void {
    this.#note(event, nowMs);
    const known = new Set(this.#scheduler.workers().map(({ id }) => id));
    for (const worker of this.#slots.keys()) if (!known.has(worker)) this.#forget(worker);
    for (const effect of effects) this.#checkEffect(effect, nowMs);
    if (event.kind === 'tick') this.#checkDrains(nowMs);
  }

  #note(event: SchedulerEvent, nowMs: number): void {
    switch (event.kind) {
      case 'workerJoined':
        if (this.#slots.has(event.worker)) break;
        this.#running.set(event.worker, new Set());
        this.#slots.set(event.worker, event.slots);
        break;
      case 'workerDraining':
        this.#noteDraining(event.worker, nowMs);
        break;
      case 'attemptFailed':
      case 'attemptFinished':
        this.#running.get(event.worker)?.delete(attemptName(event.key));
        break;
      default:
    }
  }

  #noteDraining(worker: WorkerId, nowMs: number): void {
    const isNews = this.#slots.has(worker) && !this.#draining.has(worker) && !this.#gone.has(worker);
    if (isNews) this.#draining.set(worker, nowMs);
  }

  #forget(worker: WorkerId): void {
    this.#slots.delete(worker);
    this.#running.delete(worker);
    this.#draining.delete(worker);
  }

  #checkEffect(effect: Effect, nowMs: number): void {
    if ('job' in effect)
      assert.ok(!this.#dropped.has(effect.job), `${effect.kind} for ${effect.job} after it was dropped`);
    switch (effect.kind) {
      case 'launch':
        this.#checkLaunch(effect.worker, effect.task);
        break;
      case 'cancelAttempt':
        this.#checkCancel(effect.worker, effect.key);
        if (effect.reason === 'jobStopped') this.#stoppingSinceMs.set(effect.key.job, nowMs);
        break;
      case 'jobFailed':
      case 'jobCancelled':
        assert.ok(!this.#ended.has(effect.job), `${effect.job} ended twice`);
        this.#ended.add(effect.job);
        this.#checkStopped(effect.job, nowMs);
        break;
      case 'dropJob':
        this.#dropped.add(effect.job);
        for (const worker of effect.workers) assert.ok(this.#slots.has(worker), `dropJob to ${worker}, which is lost`);
        break;
      case 'workerDrained':
        this.#checkDrained(effect);
        break;
      default:
    }
  }

  #checkStopped(job: JobId, nowMs: number): void {
    const stoppedMs = nowMs - (this.#stoppingSinceMs.get(job) ?? nowMs);
    if (stoppedMs >= this.#limits.jobStopLimitMs) return;
    const names = [...this.#running.values()].flatMap((attempts) => [...attempts]);
    assert.ok(!names.some((name) => name.startsWith(`${job}/`)), `${job} ended while its attempts ran`);
  }

  #checkDrains(nowMs: number): void {
    for (const [worker, sinceMs] of this.#draining) {
      assert.ok(nowMs - sinceMs <= this.#limits.drainLimitMs + 1000, `${worker} drains for ever`);
    }
  }

  /** Who leaves idle takes nothing along that someone needs. */
  #checkDrained({ worker, cause }: Effect & { kind: 'workerDrained' }): void {
    assert.ok(this.#draining.delete(worker), `${worker} was not draining`);
    this.#gone.add(worker);
    if (cause === 'limit') return;
    assert.equal(this.#running.get(worker)?.size, 0, `${worker} still runs tasks`);
    for (const job of this.#scheduler.core.jobs.values()) {
      for (const stage of job.stages.values()) {
        const isWanted = ['running', 'repairing', 'succeeded'].includes(job.state.kind);
        const isResult = isWanted && stage === job.finalStage && stage.spec.output.kind === 'exchange';
        const isRead = stage.consumers.some(({ state }) => state.kind === 'waiting' || state.kind === 'running');
        if (!isResult && !isRead) continue;
        const held = stage.tasks.find(({ state }) => state.kind === 'finished' && state.worker.id === worker);
        assert.ok(held === undefined, `${worker} takes outputs of ${job.id}/${stage.spec.id} along`);
      }
    }
  }

  #checkLaunch(worker: WorkerId, task: TaskSpec): void {
    const name = attemptName(task);
    const running = this.#running.get(worker);
    assert.ok(running !== undefined, `${name} launched on ${worker}, which is lost`);
    const leaves = this.#draining.has(worker) || this.#gone.has(worker);
    assert.ok(!leaves, `${name} launched on ${worker}, which drains`);
    assert.ok(!this.#launched.has(name), `${name} launched twice`);
    assert.ok(!this.#dropped.has(task.job) && !this.#ended.has(task.job), `${name} launched after its job ended`);
    assert.ok(!task.alone || running.size === 0, `${name} is not alone on ${worker}`);
    const others = [...this.#running.values()].flatMap((names) => [...names]);
    assert.ok(!task.machine || others.length === 0, `${name} has not the machine to itself`);
    assert.ok(!others.some((other) => this.#machine.has(other)), `${name} runs beside what has the machine to itself`);
    if (task.machine) this.#machine.add(name);
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
