import { SheafError } from '../../shared/errors.ts';
import { type AttemptKey, attemptName, type JobId } from '../../shared/ids.ts';
import { bindAttempt, type Logger } from '../../shared/log.ts';
import type { TaskInput, TaskSpec } from '../../shared/stage/task.ts';
import type { PermitQueue } from '../connectors/permit-queue.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { ThreadPool } from '../pool/pool.ts';
import type { LocalInput, PoolReply } from '../pool/protocol.ts';
import type { Bundles } from './bundles.ts';
import type { Databases } from './databases.ts';
import { failureOf } from './failure-of.ts';
import { totalsOf } from './task-totals.ts';
import type { UsageMeter } from './usage-meter.ts';

/** Where a running attempt's outcome and its helpers come from: the session with the leader. */
export interface TaskHost {
  report(key: AttemptKey, reply: PoolReply): void;
  fetchBlob(sha256: string): Promise<Uint8Array>;
  /** The cluster's rate limits. */
  readonly permits: PermitQueue;
  /** `host:port` of the leader, which serves the datasets of clients. */
  readonly leaderAddress: string;
}

interface Parts {
  readonly exchange: Exchange;
  readonly pool: ThreadPool;
  readonly bundles: Bundles;
  readonly databases: Databases;
  readonly usage: UsageMeter;
  readonly log: Logger;
}

interface Running {
  readonly job: JobId;
  readonly stop: AbortController;
  /** Resolves when the attempt has really ended. */
  readonly ended: Promise<void>;
}

/** Runs the attempts that the leader launches: fetches what lies elsewhere, hands over to a pool thread, reports. */
export class TaskRunner {
  readonly #parts: Parts;
  readonly #running = new Map<string, Running>();
  readonly #jobs = new Set<JobId>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Returns at once; the outcome is reported to the host, exactly once. */
  launch(task: TaskSpec, host: TaskHost): void {
    const name = attemptName(task);
    const stop = new AbortController();
    this.#jobs.add(task.job);
    const ended = this.#attempt(task, host, stop.signal)
      .catch(
        (thrown: unknown): PoolReply => ({
          kind: 'failed',
          failure: failureOf(SheafError.from(thrown), stop.signal.aborted),
        }),
      )
      .then((reply) => {
        this.#running.delete(name);
        this.#log(task, reply);
        host.report(task, reply);
      });
    this.#running.set(name, { job: task.job, stop, ended });
  }

  /** The attempt is reported as cancelled once it has really stopped. */
  cancel(key: AttemptKey): void {
    this.#running.get(attemptName(key))?.stop.abort();
  }

  /** Stops everything and drops everything: this incarnation is over. Resolves when all attempts have ended. */
  async dropAll(): Promise<void> {
    const running = [...this.#running.values()].map(({ job }) => job);
    await Promise.all([...new Set([...this.#jobs, ...running])].map((job) => this.dropJob(job)));
  }

  /** Stops the job's attempts here and removes its files: at once, and again what an attempt wrote while it ended. */
  async dropJob(job: JobId): Promise<void> {
    const running = [...this.#running.values()].filter((each) => each.job === job);
    for (const { stop } of running) stop.abort();
    this.#jobs.delete(job);
    await this.#parts.exchange.dropJob(job);
    if (running.length === 0) return;
    await Promise.race([Promise.all(running.map(({ ended }) => ended)), this.#parts.pool.stuck]);
    await this.#parts.exchange.dropJob(job);
  }

  async #attempt(task: TaskSpec, host: TaskHost, signal: AbortSignal): Promise<PoolReply> {
    const startedMs = performance.now();
    using fetched = new DisposableStack();
    const usage = fetched.adopt(this.#parts.usage.start(), ({ stop }) => stop());
    const [inputs] = await Promise.all([
      Promise.all(task.inputs.map((input) => this.#localInput(task, input, host, fetched, signal))),
      this.#parts.bundles.ensure(task.steps, (sha256) => host.fetchBlob(sha256)),
    ]);
    const fetchMs = performance.now() - startedMs;
    const { job, stage, task: index, attempt, steps, output, schema } = task;
    const result = task.result === true;
    const attempted = { key: { job, stage, task: index, attempt }, inputs, steps, output, schema, result };
    const { pool, databases } = this.#parts;
    const reply = await databases.using(task, (found) => pool.run({ ...attempted, ...found }, signal, host.permits));
    if (reply.kind === 'failed') return reply;
    const { rows, bytes } = totalsOf(task.inputs);
    const { rowsIn, bytesIn, ...work } = reply.output.metrics;
    const { spilledBytes, peakRssBytes } = usage.stop();
    const taken = { spilledBytes: Math.round(spilledBytes), peakRssBytes };
    const metrics = { ...work, rowsIn: rowsIn + rows, bytesIn: bytesIn + bytes, fetchMs, ...taken };
    return { kind: 'finished', output: { ...reply.output, metrics } };
  }

  async #localInput(
    task: TaskSpec,
    input: TaskInput,
    host: TaskHost,
    fetched: DisposableStack,
    signal: AbortSignal,
  ): Promise<LocalInput> {
    if (input.kind === 'splits' || input.kind === 'extract') return input;
    const { name, schema } = input;
    const { exchange } = this.#parts;
    const local = await (input.kind === 'exchange'
      ? exchange.fetch(task.job, input.parts, { shared: input.shared, signal })
      : exchange.fetchDataset({ ...input, job: task.job, address: host.leaderAddress }, { signal }));
    fetched.use(local);
    return { kind: 'parts', name, schema, parts: local.parts };
  }

  #log(task: TaskSpec, reply: PoolReply): void {
    const log = bindAttempt(this.#parts.log, task);
    if (reply.kind === 'finished') log.debug({ metrics: reply.output.metrics }, 'attempt finished');
    else log.info({ failure: reply.failure }, 'attempt failed');
  }
}
