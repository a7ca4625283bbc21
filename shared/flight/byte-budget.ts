/**
 * Bytes that may be held at a time. Waiters are served in their order. One that asks for more than all has it alone.
 */
export class ByteBudget {
  readonly #bytesMax: number;
  #held = 0;
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get held(): number {
    return this.#held;
  }

  /**
   * Takes bytes, or waits for them.
   *
   * @throws the signal's reason once it is aborted
   */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0 && this.#hasRoom(bytes)) {
      this.#held += bytes;
      return;
    }
    await this.#wait(bytes, signal);
  }

  give(bytes: number): void {
    this.#held -= bytes;
    this.#admit();
  }

  #wait(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abandon = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason);
        this.#admit();
      };
      const enter = () => {
        signal.removeEventListener('abort', abandon);
        resolve();
      };
      const waiter = { bytes, enter };
      this.#waiting.push(waiter);
      signal.addEventListener('abort', abandon, { once: true });
    });
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#hasRoom(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#held += next.bytes;
      next.enter();
    }
  }

  #hasRoom(bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.#bytesMax;
  }
}
