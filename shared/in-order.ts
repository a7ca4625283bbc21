/**
 * Runs calls with at most `concurrentMax` under way and yields their results in the order of the calls. When one fails,
 * or the reader stops, no further one begins, and those under way have ended before this returns.
 */
export async function* inOrder<T>(
  calls: Iterable<() => Promise<T>>,
  concurrentMax: number,
): AsyncGenerator<T, void, undefined> {
  const running: Promise<T>[] = [];
  const iterator = calls[Symbol.iterator]();
  const start = (): void => {
    while (running.length < concurrentMax) {
      const next = iterator.next();
      if (next.done) return;
      const result = next.value();
      result.catch(() => {}); // It is thrown when its turn comes.
      running.push(result);
    }
  };
  try {
    for (start(); running.length > 0; start()) {
      const result = await running[0];
      void running.shift();
      yield result as T;
    }
  } finally {
    await Promise.allSettled(running);
    iterator.return?.();
  }
}
