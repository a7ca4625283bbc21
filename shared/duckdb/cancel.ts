import { setTimeout as sleep } from 'node:timers/promises';
import { assert, SheafError } from '../errors.ts';
import { duckdb } from './api.ts';

/**
 * Cancelling queries of one thread from another. DuckDB forgets an interrupt that arrives before a query starts, so it
 * is repeated until the thread says that its task has ended; a lock keeps an interrupt from reaching a connection that
 * is closed, or the query of the next task. The order of events:
 *
 * 1. The thread makes a `CancelTarget`, hands its `shared` memory to the other thread, and watches its connections.
 * 2. For each task the thread calls `begin(task)`, works, and calls `end()`, whatever happened.
 * 3. The other thread calls `Canceller.cancel(task)`, which resolves when the task is not the current one any more.
 */

/** Words of the shared memory; addresses of connections follow. */
const lock = 0;
const current = 1;
const requested = 2;
const words = 4;
const connectionsMax = 32;
const noTask = 0;

const wordsOf = (shared: SharedArrayBuffer): Int32Array => new Int32Array(shared, 0, words);
const addressesOf = (shared: SharedArrayBuffer): BigInt64Array => new BigInt64Array(shared, 4 * words, connectionsMax);

const tryLock = (state: Int32Array): boolean => Atomics.compareExchange(state, lock, 0, 1) === 0;

function unlock(state: Int32Array): void {
  Atomics.store(state, lock, 0);
  Atomics.notify(state, lock);
}

/** The side of the thread that runs queries. */
export class CancelTarget {
  readonly shared = new SharedArrayBuffer(4 * words + 8 * connectionsMax);
  readonly #state = wordsOf(this.shared);
  readonly #addresses = addressesOf(this.shared);

  /** Lets interrupts reach a connection until disposed of, which must be before the connection is. */
  watch(connection: { readonly address: bigint }): Disposable {
    const slot = this.#addresses.indexOf(0n);
    assert(slot >= 0, `a thread watches at most ${connectionsMax} connections`);
    this.#locked(() => {
      this.#addresses[slot] = connection.address;
    });
    return {
      [Symbol.dispose]: () =>
        this.#locked(() => {
          this.#addresses[slot] = 0n;
        }),
    };
  }

  /**
   * @param task any positive int32, another for each task
   * @throws SheafError `CANCELLED` if it was cancelled already
   */
  begin(task: number): void {
    this.#locked(() => Atomics.store(this.#state, current, task));
    this.throwIfCancelled();
  }

  /** Whether the current task is to stop: to be looked at between native calls. */
  get cancelled(): boolean {
    const task = Atomics.load(this.#state, current);
    return task !== noTask && Atomics.load(this.#state, requested) === task;
  }

  /** @throws SheafError `CANCELLED` */
  throwIfCancelled(): void {
    if (this.cancelled) throw new SheafError('CANCELLED', 'The task was cancelled');
  }

  /** After it no interrupt for the current task arrives. */
  end(): void {
    this.#locked(() => Atomics.store(this.#state, current, noTask));
  }

  #locked(act: () => void): void {
    while (!tryLock(this.#state)) Atomics.wait(this.#state, lock, 1, 10);
    try {
      act();
    } finally {
      unlock(this.#state);
    }
  }
}

/** The side of the thread that cancels. */
export class Canceller {
  readonly #state: Int32Array;
  readonly #addresses: BigInt64Array;
  readonly #intervalMs: number;

  /** @param intervalMs how often an interrupt is repeated: `interruptIntervalMs` */
  constructor(shared: SharedArrayBuffer, intervalMs: number) {
    this.#state = wordsOf(shared);
    this.#addresses = addressesOf(shared);
    this.#intervalMs = intervalMs;
  }

  /**
   * Cancels a task, if it is the current one or the next. Resolves when it is not the current one: at once if it has not
   * begun or has ended.
   *
   * @throws the signal's reason, to stop waiting: the thread may have been terminated
   */
  async cancel(task: number, signal?: AbortSignal): Promise<void> {
    Atomics.store(this.#state, requested, task);
    while (this.#interrupt(task)) await sleep(this.#intervalMs, undefined, signal === undefined ? {} : { signal });
  }

  /** Returns whether the task still runs. The lock is not waited for: there will be another time. */
  #interrupt(task: number): boolean {
    if (Atomics.load(this.#state, current) !== task) return false;
    if (!tryLock(this.#state)) return true;
    try {
      if (Atomics.load(this.#state, current) !== task) return false;
      for (const address of this.#addresses) if (address !== 0n) duckdb.interrupt(address);
      return true;
    } finally {
      unlock(this.#state);
    }
  }
}
