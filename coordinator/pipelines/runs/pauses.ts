import { setTimeout as pause } from 'node:timers/promises';

/** Waits, one for each name, that may be ended early. */
export class Pauses {
  readonly #waiting = new Map<string, AbortController>();

  /** @throws the signal's reason */
  async wait(name: string, untilMs: number, signal: AbortSignal): Promise<void> {
    const hurry = new AbortController();
    this.#waiting.set(name, hurry);
    const either = AbortSignal.any([signal, hurry.signal]);
    await pause(Math.max(0, untilMs - Date.now()), undefined, { signal: either }).catch(() => {}); // Told below.
    this.#waiting.delete(name);
    signal.throwIfAborted();
  }

  /** Nothing happens if nobody waits. */
  end(name: string): void {
    this.#waiting.get(name)?.abort();
  }
}
