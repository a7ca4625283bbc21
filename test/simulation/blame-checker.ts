import assert from 'node:assert/strict';
import type { SchedulerLimits } from '../../coordinator/scheduler/core.ts';
import type { Effect } from '../../coordinator/scheduler/effects.ts';
import type { SchedulerEvent } from '../../coordinator/scheduler/events.ts';
import type { Scheduler } from '../../coordinator/scheduler/scheduler.ts';
import type { ErrorData } from '../../shared/errors.ts';
import { type AttemptKey, attemptName, type JobId, type TaskKey, type WorkerId } from '../../shared/ids.ts';
import type { TaskSpec } from '../../shared/stage/task.ts';

interface Run {
  readonly worker: WorkerId;
  readonly task: TaskSpec;
}

interface Blame {
  failures: number;
  /** Whether each attempt that died with its worker was alone there. */
  readonly deathsAlone: boolean[];
  outOfMemory: boolean;
}

/** Keeps its own books on what each task went through, and asks whether that justifies what the scheduler does. */
export class BlameChecker {
  readonly #scheduler: Scheduler;
  readonly #limits: SchedulerLimits;
  /** Attempts that run and were not cancelled. */
  readonly #running = new Map<string, Run>();
  readonly #tasks = new Map<string, Blame>();
  readonly #deadlines = new Map<JobId, number>();
  readonly #workers = new Map<WorkerId, { readonly address: string; active: boolean }>();
  /** Stages that are wide, by job and stage. */
  readonly #wide = new Set<string>();
  /** Jobs whose wide task ran out of memory. */
  readonly #outgrown = new Set<JobId>();
  #noWorkersSinceMs = 0;

  constructor(scheduler: Scheduler, limits: SchedulerLimits) {
    this.#scheduler = scheduler;
    this.#limits = limits;
  }

  check(event: SchedulerEvent, effects: readonly Effect[], nowMs: number): void {
    this.#note(event, nowMs);
    for (const effect of effects) this.#checkEffect(effect, nowMs);
    if (event.kind !== 'tick') return;
    for (const [job, deadlineMs] of this.#deadlines) {
      const isLate = nowMs >= deadlineMs && this.#scheduler.progress(job)?.state === 'running';
      assert.ok(!isLate, `${job} is past its deadline`);
    }
  }

  #note(event: SchedulerEvent, nowMs: number): void {
    if (event.kind === 'jobSubmitted' || event.kind === 'stagesAdded') {
      const isNew = !this.#outgrown.has(event.job);
      for (const { id, wide } of event.stages) if (wide && isNew) this.#wide.add(`${event.job}/${id}`);
    }
    if (event.kind === 'attemptFinished') this.#running.delete(attemptName(event.key));
    else if (event.kind === 'attemptFailed') this.#noteFailure(event);
    else if (event.kind === 'workerJoined') this.#noteJoined(event);
    else if (event.kind === 'workerLost') this.#noteLost(event.worker, event.reason !== 'left');
    else if (event.kind === 'workerDraining') this.#noteDraining(event.worker);
    else if (event.kind === 'jobSubmitted' && event.deadlineMs !== undefined) {
      this.#deadlines.set(event.job, event.deadlineMs);
    }
    if ([...this.#workers.values()].some(({ active }) => active)) this.#noWorkersSinceMs = nowMs;
  }

  #noteFailure({ key, worker, failure }: SchedulerEvent & { kind: 'attemptFailed' }): void {
    if (this.#running.get(attemptName(key))?.worker !== worker) return;
    this.#running.delete(attemptName(key));
    const blame = this.#blame(key);
    if (failure.kind === 'taskError' || failure.kind === 'outOfMemory') blame.failures++;
    if (failure.kind === 'outOfMemory') blame.outOfMemory = true;
  }

  #noteJoined({ worker, address }: SchedulerEvent & { kind: 'workerJoined' }): void {
    for (const [id, other] of this.#workers) if (other.address === address && id !== worker) this.#noteLost(id, true);
    this.#workers.set(worker, { address, active: true });
  }

  #noteDraining(worker: WorkerId): void {
    const known = this.#workers.get(worker);
    if (known !== undefined) known.active = false;
  }

  #noteLost(worker: WorkerId, byDeath: boolean): void {
    this.#workers.delete(worker);
    for (const [name, run] of this.#running) {
      if (run.worker !== worker) continue;
      this.#running.delete(name);
      if (byDeath) this.#blame(run.task).deathsAlone.push(run.task.alone);
    }
  }

  #checkEffect(effect: Effect, nowMs: number): void {
    if (effect.kind === 'jobOutgrown') this.#forget(effect.job);
    if (effect.kind === 'launch') this.#checkLaunch(effect);
    else if (effect.kind === 'cancelAttempt') this.#running.delete(attemptName(effect.key));
    else if (effect.kind === 'jobFailed') this.#checkFailure(effect.job, effect.error, nowMs);
  }

  /** What its one task went through does not count for those in its place. */
  #forget(job: JobId): void {
    this.#outgrown.add(job);
    for (const name of this.#tasks.keys()) if (name.startsWith(`${job}/`)) this.#tasks.delete(name);
    for (const name of this.#wide) if (name.startsWith(`${job}/`)) this.#wide.delete(name);
  }

  #checkLaunch({ worker, task, cause }: Effect & { kind: 'launch' }): void {
    const name = attemptName(task);
    const { outOfMemory, deathsAlone } = this.#blame(task);
    const isWide = this.#wide.has(`${task.job}/${task.stage}`);
    const hadTrouble = outOfMemory || deathsAlone.length >= this.#limits.poisonDeathsMax - 1;
    assert.equal(task.alone, isWide || hadTrouble, `${name}: alone or not?`);
    assert.equal(task.wide === true, isWide && !hadTrouble, `${name}: wide or not?`);
    assert.ok(cause !== 'outputLost' || task.output.kind !== 'file', `${name}: a file is not lost with its worker`);
    this.#running.set(name, { worker, task });
  }

  #checkFailure(job: JobId, { code, details }: ErrorData, nowMs: number): void {
    const key = { job, stage: details?.stage, task: details?.task } as TaskKey;
    const { failures, deathsAlone } = this.#blame(key);
    const { taskAttemptsMax, poisonDeathsMax, noWorkersGraceMs } = this.#limits;
    if (code === 'QUERY_FAILED' || code === 'OUT_OF_MEMORY') assert.equal(failures, taskAttemptsMax, `${job}: ${code}`);
    else if (code === 'POISON_TASK') {
      assert.ok(deathsAlone.length >= poisonDeathsMax, `${job}: deaths`);
      assert.ok(deathsAlone.at(-1), `${job} blames a task that was not alone as its worker died`);
    } else if (code === 'WORKERS_LOST') {
      const withoutMs = nowMs - this.#noWorkersSinceMs;
      assert.ok(withoutMs >= noWorkersGraceMs, `${job} gave up after ${withoutMs} ms without workers`);
    } else assert.ok(code === 'DEADLINE' || code === 'DESTINATION_EXISTS', `${job} failed by ${code}: why?`);
  }

  #blame({ job, stage, task }: Pick<AttemptKey, 'job' | 'stage' | 'task'>): Blame {
    const name = `${job}/${stage}/${task}`;
    const known = this.#tasks.get(name) ?? { failures: 0, deathsAlone: [], outOfMemory: false };
    this.#tasks.set(name, known);
    return known;
  }
}
