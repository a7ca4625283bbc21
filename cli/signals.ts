/** A wait that SIGINT and SIGTERM end. */
export interface Stopping extends AsyncDisposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Resolves with the first signal; a second one meets Node's own handling and ends the process at once. */
  readonly signalled: Promise<NodeJS.Signals>;
}

const exitCodeOf = { SIGINT: 130, SIGTERM: 143 } as const;

/** Holds the process until it is told to stop; it then ends with the exit code that shells know of the signal. */
export function untilSignal(): Stopping {
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const held = setInterval(() => {}, 2 ** 30);
  const onSignal = (signal: keyof typeof exitCodeOf): void => {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    process.exitCode = exitCodeOf[signal];
    resolve(signal);
    stop.abort(signal);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: stop.signal,
    signalled: promise,
    async [Symbol.asyncDispose]() {
      clearInterval(held);
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}
