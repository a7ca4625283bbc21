import type { MessagePort } from 'node:worker_threads';
import { type ErrorData, SheafError } from '../../shared/errors.ts';
import type { AskPermits, PermitQueue } from './permit-queue.ts';

/** From a pool thread: it waits for so many. */
export interface PermitQuestion {
  readonly id: number;
  readonly key: string;
  readonly perSecond: number;
  readonly count: number;
}

type PermitAnswer =
  | { readonly id: number; readonly count: number }
  | { readonly id: number; readonly error: ErrorData };

/** The thread's side of an attempt's port. */
export class PermitPort implements Disposable {
  readonly #port: MessagePort;
  readonly #open = new Map<number, PromiseWithResolvers<number>>();
  #asked = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (answer: PermitAnswer) => this.#settle(answer));
    port.unref(); // The port does not keep the thread alive: a task that waits for a permit does.
  }

  readonly ask: AskPermits = (key, perSecond, count) => {
    const id = ++this.#asked;
    const settle = Promise.withResolvers<number>();
    this.#open.set(id, settle);
    this.#port.postMessage({ id, key, perSecond, count } satisfies PermitQuestion);
    return settle.promise;
  };

  [Symbol.dispose](): void {
    this.#port.close();
  }

  #settle(answer: PermitAnswer): void {
    const settle = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    if ('error' in answer) settle?.reject(SheafError.fromData(answer.error));
    else settle?.resolve(answer.count);
  }
}

/** The main thread's side: answers until the port is closed or the signal is aborted. */
export function servePermits(port: MessagePort, permits: PermitQueue, signal: AbortSignal): void {
  port.unref();
  port.on('message', ({ id, key, perSecond, count }: PermitQuestion) => {
    permits.take(key, perSecond, count, signal).then(
      (granted) => port.postMessage({ id, count: granted } satisfies PermitAnswer),
      (failed: unknown) => port.postMessage({ id, error: SheafError.from(failed).toData() } satisfies PermitAnswer),
    );
  });
}
