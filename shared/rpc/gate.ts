/** A counting semaphore: at most so many permits are out at a time. Waiters are served in their order. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(permits: number) {
    this.#free = permits;
  }

  /** Calls back with a permit: at once if one is free, otherwise when one is released. */
  enter(entered: () => void): void {
    if (this.#free === 0) {
      this.#waiting.push(entered);
      return;
    }
    this.#free -= 1;
    entered();
  }

  /**
   * Takes a permit, or waits for one.
   *
   * @throws the signal's reason once it is aborted
   */
  acquire(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abandon = () => {
        this.#waiting.splice(this.#waiting.indexOf(entered), 1);
        reject(signal.reason);
      };
      const entered = () => {
        signal.removeEventListener('abort', abandon);
        resolve();
      };
      if (signal.aborted) return reject(signal.reason);
      if (this.#free === 0) signal.addEventListener('abort', abandon, { once: true });
      this.enter(entered);
    });
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
