import { loadConfig } from '../shared/config/config.ts';
import { SheafError } from '../shared/errors.ts';

/** A wait that SIGINT and SIGTERM end. */
export interface Stopping extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Resolves with the first signal. */
  readonly signalled: Promise<NodeJS.Signals>;
}

const exitCodeOf = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Holds the process until it is told to stop; it then ends with the exit code that shells know of the signal.
 *
 * @param atOnce what must happen before a second signal ends the process without waiting for anything
 */
export function untilSignal(atOnce: () => void = () => {}): Stopping {
  const { signalRepeatMs } = loadConfig(process.env);
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const held = setInterval(() => {}, 2 ** 30);
  let firstMs: number | undefined;
  const onSignal = (signal: keyof typeof exitCodeOf): void => {
    const nowMs = performance.now();
    if (firstMs === undefined) {
      firstMs = nowMs;
      process.exitCode = exitCodeOf[signal];
      resolve(signal);
      stop.abort(new SheafError('CANCELLED', `Stopped by ${signal}`));
    } else if (nowMs - firstMs > signalRepeatMs) end(signal);
  };
  const release = (): void => {
    clearInterval(held);
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  };
  const end = (signal: NodeJS.Signals): void => {
    release();
    atOnce();
    process.kill(process.pid, signal); // An exit would wait for threads inside native calls.
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return { signal: stop.signal, signalled: promise, [Symbol.dispose]: release };
}
