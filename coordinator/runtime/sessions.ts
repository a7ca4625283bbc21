import { Channel } from '../../shared/channel.ts';
import type { ToWorker } from '../../shared/contracts/control.ts';
import type { AttemptKey, Epoch, JobId, WorkerId } from '../../shared/ids.ts';
import type { WorkerInfo } from '../../shared/plan/job.ts';
import type { TaskSpec } from '../../shared/stage/task.ts';

/** What the leader knows of a worker and how it speaks to it: the near end of one control stream. */
export interface WorkerSession {
  readonly info: WorkerInfo;
  /** Monotonic time of the last message. */
  readonly heardMs: number;
  readonly outbox: Channel<ToWorker>;
}

type Message = Omit<ToWorker, 'epoch'>;

/** All workers in session with this leader. */
export class Sessions {
  readonly #sessions = new Map<WorkerId, WorkerSession>();
  readonly #epoch: Epoch;

  constructor(epoch: Epoch) {
    this.#epoch = epoch;
  }

  open(id: WorkerId, info: WorkerInfo, heardMs: number): WorkerSession {
    const session: WorkerSession = { info, heardMs, outbox: new Channel<ToWorker>() };
    this.#sessions.set(id, session);
    return session;
  }

  /** Ends the stream; the worker starts another life and comes back. */
  close(id: WorkerId): void {
    this.#sessions.get(id)?.outbox.close();
    this.#sessions.delete(id);
  }

  has(id: WorkerId): boolean {
    return this.#sessions.has(id);
  }

  heard(id: WorkerId, heardMs: number, change: Partial<WorkerInfo> = {}): void {
    const session = this.#sessions.get(id);
    if (session) this.#sessions.set(id, { ...session, heardMs, info: { ...session.info, ...change } });
  }

  /** Workers that have been silent since before `sinceMs`. */
  silentSince(sinceMs: number): WorkerId[] {
    return [...this.#sessions].filter(([, { heardMs }]) => heardMs < sinceMs).map(([id]) => id);
  }

  list(): WorkerInfo[] {
    return [...this.#sessions.values()].map(({ info }) => info);
  }

  ids(): WorkerId[] {
    return [...this.#sessions.keys()];
  }

  launch(id: WorkerId, task: TaskSpec): void {
    this.#send(id, { launch: { taskJson: JSON.stringify(task) } });
  }

  cancel(id: WorkerId, key: AttemptKey, reason: string): void {
    const { job, stage, task, attempt } = key;
    this.#send(id, { cancel: { attempt: { job, stage, task, attempt }, reason } });
  }

  dropJob(id: WorkerId, job: JobId): void {
    this.#send(id, { dropJob: { job } });
  }

  drained(id: WorkerId): void {
    this.#send(id, { drained: {} });
  }

  welcome(id: WorkerId, cluster: string, version: string): void {
    this.#send(id, { welcome: { cluster, version } });
  }

  /** A session that is gone needs no message: `workerLost` announces its end. */
  #send(id: WorkerId, message: Message): void {
    this.#sessions.get(id)?.outbox.push({ epoch: this.#epoch, ...message });
  }
}
