/** What must be brought to an end before a connection may close: jobs to cancel, results to release. */
export class OpenWork {
  readonly #finishers = new Set<() => Promise<unknown>>();

  /** @returns takes it off the list: it is finished */
  add(finish: () => Promise<unknown>): () => void {
    this.#finishers.add(finish);
    return () => void this.#finishers.delete(finish);
  }

  /** Finishes everything, including what is added meanwhile. */
  async finish(): Promise<void> {
    while (this.#finishers.size > 0) {
      const finishers = [...this.#finishers];
      this.#finishers.clear();
      await Promise.allSettled(finishers.map((finish) => finish()));
    }
  }
}
