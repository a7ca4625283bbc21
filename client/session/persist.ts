import { setTimeout as pause } from 'node:timers/promises';
import { type ErrorCode, SheafError } from '../../shared/errors.ts';
import type { Session } from './session.ts';

/**
 * Makes a call until the coordinator that leads has answered it, for `watchReconnectMs`. Only for calls that may be
 * made twice: the answer may have been lost after the call took effect.
 *
 * @throws SheafError the coordinator's own; `UNREACHABLE`, `NOT_LEADER` or `DEADLINE` after that time
 */
export async function persist<T>(session: Session, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  while (true) {
    try {
      return await call();
    } catch (thrown) {
      const over = performance.now() - startedMs > session.config.watchReconnectMs;
      if (over || signal.aborted || !isLostCoordinator(thrown)) throw thrown;
    }
    await seekAgain(session, signal);
  }
}

/** Waits a little, then looks for the leader. Finding none is no error here: the caller tries again. */
export async function seekAgain(session: Session, signal: AbortSignal): Promise<void> {
  await pause(session.config.watchRetryMs, undefined, { signal });
  await session.seekLeader().catch((thrown: unknown) => {
    if (!isLostCoordinator(thrown)) throw thrown;
  });
}

const lostCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['UNREACHABLE', 'NOT_LEADER', 'DEADLINE']);

/** Whether another coordinator may know better, or the same one later. */
export const isLostCoordinator = (thrown: unknown): boolean =>
  thrown instanceof SheafError && lostCodes.has(thrown.code);
