import { threadId } from 'node:worker_threads';
import { SheafError } from '../../shared/errors.ts';

/**
 * How the worker's main thread stops an attempt on a pool thread, over shared memory.
 *
 * A native query is interrupted through its connection's address, again and again, since an interrupt sent before a
 * query starts is lost. A lock keeps an interrupt from meeting a connection that is being closed. User code that loops
 * is stopped by terminating its thread, which only the main thread can do; never while the thread is in native code.
 */
const requested = 0;
const inFunction = 1;
const lock = 2;
const thread = 3;
const connections = 4;
const headerWords = 6;
/** An attempt opens a connection for each of its SQL steps. */
const connectionsMax = 64;
const bytes = headerWords * 4 + connectionsMax * 8;

/** Both sides' view of the shared memory. */
class SharedState {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly addresses: BigUint64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, headerWords);
    this.addresses = new BigUint64Array(buffer, headerWords * 4);
  }
}

/** The main thread's side. */
export class Cancellation {
  readonly #state: SharedState;

  /** @param buffer of one made before, perhaps by another thread */
  constructor(buffer = new SharedArrayBuffer(bytes)) {
    this.#state = new SharedState(buffer);
  }

  get buffer(): SharedArrayBuffer {
    return this.#state.buffer;
  }

  /** Which thread runs the attempt; 0 before one has taken it. */
  get thread(): number {
    return Atomics.load(this.#state.words, thread);
  }

  /** Whether user code is running. */
  get inFunction(): boolean {
    return Atomics.load(this.#state.words, inFunction) === 1;
  }

  /** From now on the attempt opens no connection and enters no function. */
  request(): void {
    Atomics.store(this.#state.words, requested, 1);
  }

  /** Interrupts what runs on each connection. Left out while one is just being opened or closed: call again. */
  interrupt(interruptAt: (address: bigint) => void): void {
    const { words, addresses } = this.#state;
    if (Atomics.compareExchange(words, lock, 0, 1) !== 0) return;
    for (const address of addresses.subarray(0, Atomics.load(words, connections))) interruptAt(address);
    Atomics.store(words, lock, 0);
    Atomics.notify(words, lock);
  }
}

/** The pool thread's side, for one attempt. */
export class AttemptWatch {
  readonly #state: SharedState;

  constructor(buffer: SharedArrayBuffer) {
    this.#state = new SharedState(buffer);
    Atomics.store(this.#state.words, thread, threadId);
  }

  /**
   * To be called with each connection when it is open.
   *
   * @returns to be disposed of before the connection is closed
   * @throws SheafError `CANCELLED`
   */
  opened(address: bigint): Disposable {
    this.check();
    this.#change((open) => [...open, address]);
    return { [Symbol.dispose]: () => this.#change((open) => open.filter((each) => each !== address)) };
  }

  /**
   * From here on user code runs, until `leaveFunction`.
   *
   * @throws SheafError `CANCELLED`
   */
  enterFunction(): void {
    this.check();
    Atomics.store(this.#state.words, inFunction, 1);
  }

  leaveFunction(): void {
    Atomics.store(this.#state.words, inFunction, 0);
  }

  /** A cancelled attempt fails in many ways; what counts is that it was cancelled. */
  get cancelled(): boolean {
    return Atomics.load(this.#state.words, requested) === 1;
  }

  /** @throws SheafError `CANCELLED` */
  check(): void {
    if (this.cancelled) throw new SheafError('CANCELLED', 'The attempt was cancelled');
  }

  /**
   * For what waits without native code or user code: aborted when the attempt is cancelled.
   *
   * @param intervalMs how often is looked
   */
  signal(intervalMs: number): Disposable & { readonly signal: AbortSignal } {
    const cancelled = new AbortController();
    const timer = setInterval(() => {
      if (this.cancelled) cancelled.abort(new SheafError('CANCELLED', 'The attempt was cancelled'));
    }, intervalMs);
    return { signal: cancelled.signal, [Symbol.dispose]: () => clearInterval(timer) };
  }

  #change(change: (open: readonly bigint[]) => readonly bigint[]): void {
    const { words, addresses } = this.#state;
    while (Atomics.compareExchange(words, lock, 0, 1) !== 0) Atomics.wait(words, lock, 1);
    const open = change([...addresses.subarray(0, Atomics.load(words, connections))]);
    if (open.length <= connectionsMax) {
      addresses.set(open);
      Atomics.store(words, connections, open.length);
    }
    Atomics.store(words, lock, 0);
    Atomics.notify(words, lock);
    if (open.length > connectionsMax)
      throw new SheafError('NOT_SUPPORTED', `A task has more than ${connectionsMax} SQL steps`, {
        next: 'Put fewer functions behind one another, or write what comes between to files.',
      });
  }
}
