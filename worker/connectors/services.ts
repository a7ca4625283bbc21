import { setTimeout as pause } from 'node:timers/promises';
import type { ConnectorContext } from '../../connectors/contract.ts';
import { SheafError } from '../../shared/errors.ts';
import { bindAttempt, createLogger, type Logger } from '../../shared/log.ts';
import type { LoadReceipt } from '../../shared/plan/nodes/load.ts';
import { Secrets } from '../../shared/secrets.ts';
import type { AttemptWatch } from '../pool/cancellation.ts';
import type { PoolTask, ThreadData } from '../pool/protocol.ts';
import { PermitPort } from './permit-port.ts';
import { PermitQueue } from './permit-queue.ts';

/**
 * What connectors of one attempt are given: a signal that is aborted when the attempt is cancelled, a log, secrets,
 * permits.
 */
export class ConnectorServices implements Disposable {
  readonly secrets: Secrets;
  readonly context: ConnectorContext;
  readonly #stop = new AbortController();
  readonly #watching: NodeJS.Timeout;
  readonly #watch: AttemptWatch;
  readonly #permits: PermitQueue;
  readonly #port: PermitPort | undefined;
  /** What the task has loaded. */
  loaded: Pick<LoadReceipt, 'rows' | 'bytes'> | undefined;
  #over = false;

  constructor({ key, permits }: PoolTask, { config, logging, secretsFolder }: ThreadData, watch: AttemptWatch) {
    this.#watch = watch;
    this.secrets = new Secrets(secretsFolder);
    this.#port = permits && new PermitPort(permits);
    this.#permits = new PermitQueue(this.#port?.ask ?? noPermits);
    const log = bindAttempt(threadLog(logging), key);
    this.context = { config, log, signal: this.#stop.signal };
    // The main thread tells a cancel in shared memory only: this thread may be in native code.
    this.#watching = setInterval(() => this.#look(), config.interruptIntervalMs);
  }

  /** See `ReadContext`. */
  readonly permit = async (key: string, perSecond: number): Promise<void> => {
    await this.#permits.take(key, perSecond, 1, this.#stop.signal);
  };

  /**
   * Waits for a connector. One that does not heed its signal is left behind after a grace: the batches that it may
   * still ask for end with an error.
   *
   * @throws SheafError `CANCELLED`
   */
  async settled<T>(work: Promise<T> | T): Promise<T> {
    if (!(work instanceof Promise)) return work;
    const { signal, config } = this.context;
    work.catch(() => {}); // Reported below, unless nobody waits any more.
    const done = new AbortController();
    const late = async (): Promise<never> => {
      await aborted(signal, done.signal);
      await pause(config.functionStopGraceMs, undefined, { signal: done.signal });
      throw SheafError.from(signal.reason);
    };
    try {
      const race = late();
      race.catch(() => {}); // It only matters if it comes first.
      return await Promise.race([work, race]);
    } finally {
      done.abort();
    }
  }

  /** @throws SheafError `CANCELLED` once the attempt is over or is to be */
  check(): void {
    this.#watch.check();
    if (this.#over) throw cancelled();
  }

  [Symbol.dispose](): void {
    this.#over = true;
    clearInterval(this.#watching);
    this.#stop.abort(cancelled());
    this.#port?.[Symbol.dispose]();
  }

  #look(): void {
    if (this.#watch.cancelled) this.#stop.abort(cancelled());
  }
}

const cancelled = (): SheafError => new SheafError('CANCELLED', 'The attempt was cancelled');

const noPermits = (): Promise<number> =>
  Promise.reject(new SheafError('INTERNAL', 'This task was started without permits'));

/** Resolves when the signal is aborted; rejects when the other one is. */
function aborted(signal: AbortSignal, instead: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true, signal: instead });
  instead.addEventListener('abort', () => reject(instead.reason), { once: true });
  return promise;
}

let known: Logger | undefined;

/** One for all attempts of the thread. */
function threadLog(logging: ThreadData['logging']): Logger {
  known ??= createLogger(logging ?? { name: 'worker', level: 'warn' });
  return known;
}
