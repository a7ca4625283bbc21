import { hostname } from 'node:os';
import type { Config } from '../../shared/config/config.ts';
import {
  type AttemptRef,
  type ControlContract,
  controlService,
  type FromWorker,
  type ToWorker,
} from '../../shared/contracts/control.ts';
import { SheafError } from '../../shared/errors.ts';
import { type AttemptKey, jobId, stageId, type WorkerId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/log.ts';
import { connectTo, type DuplexCall } from '../../shared/rpc/client.ts';
import { loadService } from '../../shared/rpc/proto.ts';
import type { TaskSpec } from '../../shared/stage/task.ts';
import type { Leader } from '../../shared/store/membership/leader.ts';
import { version } from '../../shared/version.ts';
import { PermitQueue } from '../connectors/permit-queue.ts';
import type { PoolReply } from '../pool/protocol.ts';
import type { TaskHost, TaskRunner } from './task-runner.ts';

/** What a session with the leader needs. */
export interface SessionOptions {
  readonly leader: Leader;
  readonly worker: WorkerId;
  readonly slots: number;
  readonly exchangeAddress: string;
  readonly runner: TaskRunner;
  readonly exchangeBytes: () => number;
  readonly token?: string | undefined;
  readonly config: Config;
  readonly log: Logger;
}

type Call = DuplexCall<FromWorker, ToWorker>;

/** One control stream to one leader: from hello until either side ends it. */
export class Session implements TaskHost {
  readonly leaderAddress: string;
  readonly permits: PermitQueue;
  readonly #options: SessionOptions;
  readonly #connection;
  readonly #client;
  readonly #unwelcome = new AbortController();
  #welcomeTimer: NodeJS.Timeout | undefined;
  #call: Call | undefined;
  #drained = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.leaderAddress = options.leader.address;
    this.#connection = connectTo(options.leader.address, { token: options.token, config: options.config });
    this.#client = this.#connection.client(loadService<ControlContract>('control', controlService));
    this.permits = new PermitQueue(async (key, perSecond, count) => {
      const { count: granted } = await this.#client.permit({ key, perSecond, count });
      return granted;
    });
  }

  /**
   * Serves the leader until the stream ends or the signal is aborted.
   *
   * @returns true if the leader let the worker go after a drain
   * @throws SheafError why the stream broke, or why the leader refused
   */
  async serve(signal: AbortSignal): Promise<boolean> {
    using _connection = this.#connection;
    const { worker, slots, exchangeAddress, config } = this.#options;
    const call = this.#client.session({ signal: AbortSignal.any([signal, this.#unwelcome.signal]) });
    this.#call = call;
    this.#welcomeTimer = setTimeout(() => this.#unwelcome.abort(this.#late()), config.sessionTimeoutMs);
    await call.send({ hello: { version, worker, slots, exchangeAddress, host: hostname(), pid: process.pid } });
    const heartbeat = setInterval(() => this.#beat(), config.heartbeatIntervalMs);
    try {
      for await (const message of call) {
        this.#obey(message);
        if (this.#drained) break;
      }
    } finally {
      clearInterval(heartbeat);
      clearTimeout(this.#welcomeTimer);
      this.#call = undefined;
    }
    return this.#drained;
  }

  /** Asks to be let go: no new tasks, and `serve` returns when nobody needs this worker any more. */
  drain(): void {
    this.#send({ draining: {} });
  }

  report(key: AttemptKey, reply: PoolReply): void {
    const attempt = toRef(key);
    if (reply.kind === 'finished') this.#send({ finished: { attempt, outputJson: JSON.stringify(reply.output) } });
    else this.#send({ failed: { attempt, failureJson: JSON.stringify(reply.failure) } });
  }

  async fetchBlob(sha256: string): Promise<Uint8Array> {
    return (await this.#client.getBlob({ sha256 })).content;
  }

  #obey({ epoch, launch, cancel, dropJob, drained, welcome }: ToWorker): void {
    const { leader, runner, log } = this.#options;
    if (epoch < leader.epoch)
      throw new SheafError('STALE_EPOCH', `A leader of epoch ${epoch} spoke after epoch ${leader.epoch}`);
    if (welcome) {
      clearTimeout(this.#welcomeTimer);
      log.info({ leader: leader.address, epoch, cluster: welcome.cluster }, 'joined the cluster');
    }
    if (launch) runner.launch(JSON.parse(launch.taskJson) as TaskSpec, this);
    if (cancel?.attempt) runner.cancel(toKey(cancel.attempt));
    if (dropJob)
      void runner
        .dropJob(jobId(dropJob.job))
        .catch((error: unknown) => log.warn({ error }, 'files of a job were not removed'));
    if (drained) this.#drained = true;
  }

  #late(): SheafError {
    const { leader, config } = this.#options;
    const message = `The leader at ${leader.address} did not welcome this worker within ${config.sessionTimeoutMs} ms`;
    return new SheafError('UNREACHABLE', message, { retryable: true, next: 'It is tried again.' });
  }

  #beat(): void {
    const { runner, exchangeBytes } = this.#options;
    this.#send({
      heartbeat: { rssBytes: process.memoryUsage.rss(), running: runner.running, exchangeBytes: exchangeBytes() },
    });
  }

  /** A message that cannot be sent is of no use any more: the stream is over, and with it this incarnation. */
  #send(message: FromWorker): void {
    this.#call
      ?.send(message)
      .catch((error: unknown) => this.#options.log.debug({ error }, 'the stream to the leader is over'));
  }
}

const toRef = ({ job, stage, task, attempt }: AttemptKey): AttemptRef => ({ job, stage, task, attempt });
const toKey = ({ job, stage, task, attempt }: AttemptRef): AttemptKey => ({
  job: jobId(job),
  stage: stageId(stage),
  task,
  attempt,
});
