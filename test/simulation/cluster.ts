import type { Effect } from '../../coordinator/scheduler/effects.ts';
import type { SchedulerEvent, WorkerLostReason } from '../../coordinator/scheduler/events.ts';
import { Scheduler } from '../../coordinator/scheduler/scheduler.ts';
import { loadConfig } from '../../shared/config/config.ts';
import type { ErrorData } from '../../shared/errors.ts';
import { attemptName, type JobId, jobId, type TaskKey, workerId } from '../../shared/ids.ts';
import type { ExchangePart } from '../../shared/stage/exchange-part.ts';
import type { StageSpec } from '../../shared/stage/stage.ts';
import { BlameChecker } from './blame-checker.ts';
import type { Content } from './content.ts';
import { EffectChecker } from './effect-checker.ts';
import { type Faults, noFaults } from './faults.ts';
import { checkInvariants } from './invariants.ts';
import { randomJoins, randomPlan } from './plans.ts';
import { hash, type Random } from './random.ts';
import { Timeline } from './timeline.ts';
import { VirtualClient } from './virtual-client.ts';
import { VirtualWorker } from './virtual-worker.ts';

/** A virtual cluster around the real scheduler core: workers, clients, network and time, all from one seed. */
export class Cluster {
  readonly timeline = new Timeline();
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly clients = new Map<JobId, VirtualClient>();
  /** What file sinks wrote, by job and file: shared storage, which no worker takes with it. */
  readonly files = new Map<string, Content>();
  readonly trace: string[] = [];
  /** Answers that were checked. */
  answers = 0;
  /** By address: the current life at it. */
  readonly #workers = new Map<string, VirtualWorker>();
  readonly #byId = new Map<string, VirtualWorker>();
  readonly #checkers: readonly (EffectChecker | BlameChecker)[];
  #faults: Faults;
  #lives = 0;
  #healed = false;

  constructor(random: Random, faults: Faults) {
    this.random = random;
    this.#faults = faults;
    const limits = loadConfig(
      {},
      { speculationMs: 1000, drainLimitMs: 10_000, jobStopLimitMs: 2000, noWorkersGraceMs: 5000 },
    );
    this.scheduler = new Scheduler(limits);
    this.#checkers = [new EffectChecker(this.scheduler, limits), new BlameChecker(this.scheduler, limits)];
  }

  readonly faults = (): Faults => this.#faults;

  /** From now on nothing goes wrong any more, and every worker comes back. */
  heal(): void {
    this.#healed = true;
    this.#faults = { ...noFaults, poison: this.#faults.poison };
    for (const [address, worker] of this.#workers) if (!worker.alive) this.start(address, worker.slots);
  }

  start(address: string, slots: number): void {
    const worker = new VirtualWorker(this, workerId(`${address}#${++this.#lives}`), slots, address);
    this.#workers.set(address, worker);
    this.#byId.set(worker.id, worker);
    this.handle({ kind: 'workerJoined', worker: worker.id, slots, address });
  }

  /** The worker dies. The coordinator hears of it later, or by its next life at the same address. */
  kill(worker: VirtualWorker): void {
    worker.kill();
    const { random, timeline } = this;
    timeline.after(random.between(0, 1000), () => this.#lost(worker, 'streamBroken'));
    if (random.chance(this.#faults.restart)) this.#restart(worker, random.between(0, 3000));
  }

  #restart({ address, slots }: VirtualWorker, delayMs: number): void {
    this.timeline.after(delayMs, () => this.#workers.get(address)?.alive || this.start(address, slots));
  }

  #lost({ id }: VirtualWorker, reason: WorkerLostReason): void {
    this.handle({ kind: 'workerLost', worker: id, reason });
  }

  /** Kills, drains and false alarms, again and again. */
  trouble(): void {
    const { killEveryMs, drainEveryMs } = this.#faults;
    this.#again(killEveryMs, () => this.#strike());
    this.#again(drainEveryMs, () => this.#drainOne());
  }

  #again(everyMs: number, action: () => void): void {
    const { random, timeline } = this;
    if (everyMs === Number.POSITIVE_INFINITY) return;
    timeline.after(random.between(1, 2 * everyMs), () => {
      if (this.#healed) return;
      action();
      this.#again(everyMs, action);
    });
  }

  readonly #living = (): VirtualWorker[] => [...this.#workers.values()].filter(({ alive }) => alive);

  #strike(): void {
    const { random } = this;
    const living = this.#living();
    if (living.length === 0) return;
    if (random.chance(this.#faults.killAll)) for (const worker of living) this.kill(worker);
    else if (random.chance(this.#faults.falseAlarm)) this.#falseAlarm(random.pick(living));
    else this.kill(random.pick(living));
  }

  /** Its lease expires though it lives: it goes on reporting until it hears of it, then begins a new life. */
  #falseAlarm(worker: VirtualWorker): void {
    this.#lost(worker, 'leaseExpired');
    this.timeline.after(this.random.between(0, 2000), () => {
      worker.kill();
      this.#restart(worker, 0);
    });
  }

  #drainOne(): void {
    const living = this.#living();
    if (living.length > 0) this.send({ kind: 'workerDraining', worker: this.random.pick(living).id });
  }

  submit(number: number): void {
    const { random, timeline } = this;
    const plan = random.chance(0.4) ? randomJoins(random) : randomPlan(random);
    const client = new VirtualClient(this, jobId(`job-${number}`), plan);
    this.clients.set(client.job, client);
    const deadlineMs = random.chance(0.1) ? timeline.nowMs + random.between(100, 20_000) : undefined;
    client.submit(random.pick([0, 0, 1, -1]), deadlineMs);
  }

  specOf({ job, stage }: TaskKey): StageSpec {
    const spec = this.clients.get(job)?.stages.get(stage);
    if (spec === undefined) throw new Error(`no stage ${stage} of ${job}`);
    return spec;
  }

  /** Whether the task kills its worker depends on its name only, and so stays. */
  isPoison({ job, stage, task }: TaskKey): boolean {
    const number = Number.parseInt(hash(`poison ${job}/${stage}/${task}`).slice(-4), 16);
    return number < this.#faults.poison * 65_536;
  }

  read(job: JobId, part: ExchangePart): Content | ErrorData {
    const worker = this.#byId.get(part.worker);
    if (worker?.address !== part.address) throw new Error(`${part.worker} is not at ${part.address}`);
    return worker.read(job, part);
  }

  /** A message to the coordinator: late, perhaps twice, overtaken by others. */
  send(event: SchedulerEvent): void {
    const { random, timeline } = this;
    const copies = random.chance(this.#faults.duplicate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      timeline.after(random.between(0, this.#faults.delayMsMax), () => this.handle(event));
    }
  }

  handle(event: SchedulerEvent): void {
    const { nowMs } = this.timeline;
    this.trace.push(`${nowMs} ${describe(event)}`);
    const effects = this.scheduler.handle(event, nowMs);
    checkInvariants(this.scheduler.core);
    for (const checker of this.#checkers) checker.check(event, effects, nowMs);
    for (const effect of effects) {
      this.trace.push(`  ${describe(effect)}`);
      this.#carryOut(effect);
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'launch':
        this.#worker(effect.worker).receive(() => this.#worker(effect.worker).run(effect.task));
        break;
      case 'cancelAttempt':
        this.#worker(effect.worker).receive(() => this.#worker(effect.worker).cancel(effect.key));
        break;
      case 'workerDrained':
        this.#leave(this.#worker(effect.worker));
        break;
      default:
        this.#tellClient(effect);
    }
  }

  #tellClient(effect: Exclude<Effect, { kind: 'launch' | 'cancelAttempt' | 'workerDrained' }>): void {
    const client = this.clients.get(effect.job);
    if (effect.kind === 'stageFinished') client?.stageFinished(effect);
    else if (effect.kind === 'commitSink') client?.commit(effect);
    else if (effect.kind === 'jobOutgrown') client?.outgrown();
    else if (effect.kind === 'jobSucceeded') client?.succeeded(effect);
    else if (effect.kind === 'jobFailed') client?.ended('failed', effect.error.code);
    else if (effect.kind === 'jobCancelled') client?.ended('cancelled');
    else if (effect.kind === 'dropJob') {
      if (client !== undefined) client.dropped = true;
      for (const id of effect.workers) this.#worker(id).receive(() => this.#worker(id).drop(effect.job));
    }
  }

  #leave(worker: VirtualWorker): void {
    worker.receive(() => {
      worker.kill();
      this.timeline.after(this.random.between(0, 100), () => this.#lost(worker, 'left'));
      this.#restart(worker, this.random.between(0, 2000));
    });
  }

  #worker(id: string): VirtualWorker {
    const worker = this.#byId.get(id);
    if (worker === undefined) throw new Error(`there never was a worker ${id}`);
    return worker;
  }
}

/** One line of the trace. */
function describe(thing: SchedulerEvent | Effect): string {
  if (thing.kind === 'launch') return `launch ${attemptName(thing.task)} on ${thing.worker}: ${thing.cause}`;
  return JSON.stringify(thing, (name, value: unknown) =>
    name === 'stages' && Array.isArray(value) ? value.length : value,
  );
}
