import type { RunInfo } from '../../pipeline/records/run.ts';
import { isLostCoordinator, seekAgain } from '../session/persist.ts';
import type { Session } from '../session/session.ts';

/**
 * A run's progress until its end. When the coordinator is lost, the one that leads then is looked for, for
 * `watchReconnectMs`: it goes on with the run.
 *
 * @throws SheafError `UNREACHABLE` after that time, `RUN_UNKNOWN`, or the signal's reason
 */
export async function* watchRun(session: Session, run: string, signal: AbortSignal): AsyncGenerator<RunInfo> {
  let lostMs: number | undefined; // Counted from the loss: a run may have been silent long before it.
  while (true) {
    try {
      for await (const { json } of session.pipelines.watchRun({ run }, { signal })) {
        lostMs = undefined;
        const info = JSON.parse(json) as RunInfo;
        yield info;
        if ('endedMs' in info.life) return;
      }
    } catch (thrown) {
      signal.throwIfAborted();
      lostMs ??= performance.now();
      if (!isLostCoordinator(thrown) || performance.now() - lostMs > session.config.watchReconnectMs) throw thrown;
    }
    await seekAgain(session, signal);
  }
}
