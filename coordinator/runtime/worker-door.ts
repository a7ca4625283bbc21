import type { Channel } from '../../shared/channel.ts';
import { monotonicMs } from '../../shared/clock.ts';
import type { Heartbeat, Hello, ToWorker } from '../../shared/contracts/control.ts';
import type { ErrorData } from '../../shared/errors.ts';
import type { TaskFailure } from '../../shared/failure.ts';
import { type AttemptKey, type WorkerId, workerId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/log.ts';
import type { WorkerInfo } from '../../shared/plan/job.ts';
import type { TaskOutput } from '../../shared/stage/task.ts';
import { version } from '../../shared/version.ts';
import type { SchedulerEvent, WorkerLostReason } from '../scheduler/events.ts';
import type { Sessions } from './sessions.ts';
import type { SchedulerShell } from './shell.ts';

/** What a worker says after its hello. */
export type WorkerReport =
  | { readonly kind: 'finished'; readonly key: AttemptKey; readonly output: TaskOutput }
  | { readonly kind: 'failed'; readonly key: AttemptKey; readonly failure: TaskFailure }
  | ({ readonly kind: 'heartbeat' } & Heartbeat)
  | { readonly kind: 'draining' }
  /** Its stream ended with an error. */
  | { readonly kind: 'broken'; readonly error: ErrorData };

interface Parts {
  readonly sessions: Sessions;
  readonly shell: SchedulerShell;
  readonly cluster: string;
  /** Throws if the worker's exchange address cannot be reached from here. */
  readonly probe: (address: string) => Promise<void>;
  readonly log: Logger;
}

/** The entrance for workers: turns their joining, reports and leaving into events of the scheduler. */
export class WorkerDoor {
  readonly #parts: Parts;
  /** Workers whose drain has ended: when they go, nothing is suspected. */
  readonly #leaving = new Set<WorkerId>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws SheafError `UNREACHABLE` naming the exchange address that cannot be reached */
  async join(hello: Hello): Promise<Channel<ToWorker>> {
    const { sessions, shell, cluster, probe, log } = this.#parts;
    const id = workerId(hello.worker);
    await probe(hello.exchangeAddress);
    const info = {
      id,
      host: hello.host,
      pid: hello.pid,
      address: hello.exchangeAddress,
      state: 'active',
      slots: hello.slots,
      running: 0,
      rssBytes: 0,
      exchangeBytes: 0,
      joinedMs: Date.now(),
    } as const;
    const { outbox } = sessions.open(id, info, monotonicMs());
    sessions.welcome(id, cluster, version);
    shell.post({ kind: 'workerJoined', worker: id, slots: hello.slots, address: hello.exchangeAddress });
    log.info({ worker: id, address: hello.exchangeAddress, slots: hello.slots }, 'worker joined');
    return outbox;
  }

  report(worker: WorkerId, report: WorkerReport): void {
    const { sessions, shell, log } = this.#parts;
    sessions.heard(worker, monotonicMs(), changeOf(report));
    if (report.kind === 'draining') log.info({ worker }, 'worker is draining');
    if (report.kind === 'broken') log.debug({ worker, error: report.error }, 'stream of worker ended');
    const event = eventOf(worker, report);
    if (event) shell.post(event);
  }

  /** The scheduler has released a draining worker. */
  drained(worker: WorkerId): void {
    this.#leaving.add(worker);
    this.#parts.sessions.drained(worker);
  }

  /** Its session is over, for whatever reason. */
  leave(worker: WorkerId): void {
    this.lose(worker, this.#leaving.delete(worker) ? 'left' : 'streamBroken');
  }

  lose(worker: WorkerId, reason: WorkerLostReason): void {
    const { sessions, shell, log } = this.#parts;
    if (!sessions.has(worker)) return;
    sessions.close(worker);
    log.info({ worker, reason }, 'worker is gone');
    shell.post({ kind: 'workerLost', worker, reason });
  }
}

/** What a report says of the worker itself. */
function changeOf(report: WorkerReport): Partial<WorkerInfo> {
  if (report.kind === 'draining') return { state: 'draining' };
  if (report.kind !== 'heartbeat') return {};
  const { rssBytes, running, exchangeBytes } = report;
  return { rssBytes, running, exchangeBytes };
}

/** What the scheduler is to know of a report, if anything. */
function eventOf(worker: WorkerId, report: WorkerReport): SchedulerEvent | undefined {
  if (report.kind === 'finished') return { kind: 'attemptFinished', key: report.key, worker, output: report.output };
  if (report.kind === 'failed') return { kind: 'attemptFailed', key: report.key, worker, failure: report.failure };
  return report.kind === 'draining' ? { kind: 'workerDraining', worker } : undefined;
}
