import type { Channel } from '../../shared/channel.ts';
import {
  type AttemptRef,
  type ControlContract,
  controlService,
  type FromWorker,
  type Hello,
  type PermitRequest,
  type ToWorker,
} from '../../shared/contracts/control.ts';
import { SheafError } from '../../shared/errors.ts';
import type { TaskFailure } from '../../shared/failure.ts';
import { type AttemptKey, jobId, stageId, type WorkerId, workerId } from '../../shared/ids.ts';
import { type CallContext, type Implementation, implement } from '../../shared/rpc/handlers.ts';
import { loadService } from '../../shared/rpc/proto.ts';
import type { TaskOutput } from '../../shared/stage/task.ts';
import { version } from '../../shared/version.ts';
import type { WorkerReport } from '../runtime/worker-door.ts';

/** What the control service needs of the leader. */
export interface WorkerDoor {
  /** @returns what to send to the worker; closed when its session is over */
  join(hello: Hello): Promise<Channel<ToWorker>>;
  report(worker: WorkerId, report: WorkerReport): void;
  /** The stream is over. */
  leave(worker: WorkerId): void;
  blob(sha256: string): Promise<Uint8Array>;
  /** How many of so many requests may be made now; waits until there are some, up to a limit. */
  permit(request: PermitRequest, signal: AbortSignal): Promise<number>;
}

/** `proto/control.proto` in front of whoever leads now (`leader` throws NOT_LEADER where nobody does). */
export function controlImplementation(leader: () => WorkerDoor): Implementation {
  return implement<ControlContract>(loadService<ControlContract>('control', controlService), {
    session: (messages, call) => session(leader(), messages, call),
    permit: async (request, { signal }) => ({ count: await leader().permit(request, signal) }),
    getBlob: async ({ sha256 }) => ({ content: await leader().blob(sha256) }),
  });
}

async function* session(
  door: WorkerDoor,
  messages: AsyncIterable<FromWorker>,
  call: CallContext,
): AsyncGenerator<ToWorker> {
  const incoming = messages[Symbol.asyncIterator]();
  const hello = checkedHello((await incoming.next()).value);
  const worker = workerId(hello.worker);
  const outbox = await door.join(hello);
  const close = () => outbox.close();
  call.signal.addEventListener('abort', close, { once: true });
  void receive(door, worker, incoming).finally(close);
  try {
    yield* outbox;
  } finally {
    door.leave(worker);
  }
}

function checkedHello(first: FromWorker | undefined): Hello {
  if (!first?.hello)
    throw new SheafError('PLAN_INVALID', 'A control session begins with hello', {
      next: 'Run coordinators and workers of one version.',
    });
  if (first.hello.version === version) return first.hello;
  throw new SheafError(
    'VERSION_MISMATCH',
    `Worker ${first.hello.worker} runs version ${first.hello.version}, this coordinator ${version}`,
    { next: 'Install the same version of sheaf on every machine of the cluster.' },
  );
}

/** Ends when the worker's side of the stream ends, cleanly or not. */
async function receive(door: WorkerDoor, worker: WorkerId, messages: AsyncIterator<FromWorker>): Promise<void> {
  try {
    for (let next = await messages.next(); !next.done; next = await messages.next()) {
      door.report(worker, toReport(next.value));
    }
  } catch (thrown) {
    door.report(worker, { kind: 'broken', error: SheafError.from(thrown).toData() });
  }
}

/** From the wire's words to ours. */
function toReport(message: FromWorker): WorkerReport {
  if (message.finished) {
    const output = JSON.parse(message.finished.outputJson) as TaskOutput;
    return { kind: 'finished', key: toKey(message.finished.attempt), output };
  }
  if (message.failed) {
    const failure = JSON.parse(message.failed.failureJson) as TaskFailure;
    return { kind: 'failed', key: toKey(message.failed.attempt), failure };
  }
  if (message.draining) return { kind: 'draining' };
  if (message.heartbeat) return { kind: 'heartbeat', ...message.heartbeat };
  throw new SheafError('PLAN_INVALID', 'A worker sent a message of no known kind', {
    next: 'Run coordinators and workers of one version.',
  });
}

function toKey(ref: AttemptRef | null): AttemptKey {
  if (!ref)
    throw new SheafError('PLAN_INVALID', 'A worker reported on no attempt', {
      next: 'Run coordinators and workers of one version.',
    });
  return { job: jobId(ref.job), stage: stageId(ref.stage), task: ref.task, attempt: ref.attempt };
}
