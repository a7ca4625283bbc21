/**
 * Messages from code that cannot wait to one reader that can. It has no limit of its own, since the writer's limits
 * bound it: a control stream holds at most a message per slot and job.
 */
export class Channel<Message> implements AsyncIterable<Message> {
  readonly #messages: Message[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  push(message: Message): void {
    if (this.#closed) return;
    this.#messages.push(message);
    this.#wake?.();
  }

  /** Closes it. The reader still gets what was pushed before. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message> {
    for (;;) {
      const next = this.#messages.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      if (this.#closed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
