import { Worker } from 'node:worker_threads';
import { AttemptWatch, Cancellation } from '../../worker/pool/cancellation.ts';

/** What the thread that keeps the time is told: a question begins, or none runs. */
export type TimeMessage =
  | { readonly seed: number; readonly cancellation: SharedArrayBuffer; readonly limitMs: number }
  | 'ended';

/** Of one question, by default: many times what the slowest takes on a busy machine. */
export const questionMsMax = 60_000;

/** One question's time. */
export interface Timed extends Disposable {
  /** Its tasks end with it. */
  readonly cancellation: SharedArrayBuffer;
  readonly isOver: boolean;
  /** What is said when its time was over while one of both was asked. */
  outcomeOf(asked: Late['late']): Late;
}

/** That an answer was late: a difference if it is Sheaf's. */
interface Late {
  readonly late: 'DuckDB' | 'Sheaf';
  readonly reason?: string;
  readonly difference?: string;
}

/**
 * A thread that interrupts what a question runs when its time is over: DuckDB, and the tasks of Sheaf. What cannot be
 * interrupted (a loop in TypeScript) ends the process after as long again, with the seed on stderr.
 */
export class TimeLimit implements AsyncDisposable {
  readonly #thread = new Worker(new URL('./time-limit-thread.ts', import.meta.url), { name: 'fuzz-time-limit' });
  readonly #limitMs: number;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.#thread.unref();
  }

  /** @param connections addresses of those that are interrupted, too: to be disposed of before they are closed */
  begin(seed: number, connections: readonly bigint[]): Timed {
    const limitMs = this.#limitMs;
    const scope = new DisposableStack();
    const { buffer: cancellation } = new Cancellation();
    const watch = new AttemptWatch(cancellation);
    for (const connection of connections) scope.use(watch.opened(connection));
    this.#tell({ seed, cancellation, limitMs });
    scope.defer(() => this.#tell('ended'));
    return {
      cancellation,
      get isOver() {
        return watch.cancelled;
      },
      outcomeOf: (late) => {
        const text = `no answer of ${late} within ${limitMs} ms`;
        return late === 'DuckDB' ? { late, reason: text } : { late, difference: text };
      },
      [Symbol.dispose]: () => scope.dispose(),
    };
  }

  #tell(message: TimeMessage): void {
    this.#thread.postMessage(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.terminate();
  }
}
