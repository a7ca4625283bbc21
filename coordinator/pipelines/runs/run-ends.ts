import { nothingLoaded } from '../../../connectors/nothing-loaded.ts';
import type { RunRecord } from '../../../pipeline/records/run.ts';
import { SheafError } from '../../../shared/errors.ts';
import { withRetries } from '../../../shared/retry.ts';
import type { EffectOf, RunEvent } from '../decisions/machine.ts';
import { commitBackoff, isRetryable } from '../decisions/retry.ts';
import type { RunBook } from '../records/run-book.ts';
import type { Point } from './attempt.ts';
import { type CleanParts, removeStaged } from './clean.ts';
import { type CommitResult, commitAll } from './commit.ts';
import { Pauses } from './pauses.ts';

/** What {@link RunEnds} works with. */
export interface RunEndsParts extends CleanParts {
  readonly book: Pick<RunBook, 'find'>;
  readonly config: Parameters<typeof commitBackoff>[0] & CleanParts['config'];
  /** Told of every step: tests stop a run there. */
  readonly at?: (point: Point, run: string) => Promise<void> | void;
  /** What came of it. */
  readonly post: (run: string, event: RunEvent) => Promise<void>;
}

/** Runs after their decision: commits them, and finally cleans up. */
export class RunEnds {
  readonly #parts: RunEndsParts;
  /** Runs that wait to be committed once more. */
  readonly #pauses = new Pauses();

  constructor(parts: RunEndsParts) {
    this.#parts = parts;
  }

  /**
   * Does what was decided, not before its time: posts `committed`, or `commitFailed`.
   *
   * @param begunHere no other leader has asked the sinks
   */
  async commit(record: RunRecord, effect: EffectOf<'commit'>, begunHere: boolean): Promise<void> {
    const { over, at, post, log } = this.#parts;
    const { id: run } = record;
    const { tries } = effect;
    await this.#pauses.wait(run, effect.atMs, over);
    // A sink may have looked into its ledger. Otherwise only the very first answer is proof that nothing is loaded.
    const isFirst = tries === 0 && record.takeovers === 0 && begunHere;
    const result = await this.#commit(record, effect.commit, isFirst);
    if (result.kind === 'done') {
      await at?.('committed', run);
      return await post(run, { kind: 'committed', summary: result.summary });
    }
    const { error, summary } = result;
    log.warn({ run, error, tries }, 'a sink has not committed yet');
    const some = result.some || !(isFirst || error.details?.[nothingLoaded] === true);
    await post(run, { kind: 'commitFailed', error, some, tries: tries + 1, ...(summary ? { summary } : {}) });
  }

  /** A `commit` that waits for its time is done now. */
  hurry(run: string): void {
    this.#pauses.end(run);
  }

  /**
   * Removes what a run staged, whatever became of it, until it is done: posts `cleaned`. What will not pass by itself
   * is the next leader's to try.
   */
  async clean(record: RunRecord): Promise<void> {
    const { book, config, over, post, log } = this.#parts;
    const { id: run } = record;
    // A run without a record has lost its pipeline, and with it the plan that says where it staged.
    const isKnown = () => book.find(run) !== undefined;
    try {
      await withRetries(async () => isKnown() && (await removeStaged(record, this.#parts)), {
        ...{ attemptsMax: Number.POSITIVE_INFINITY, backoff: commitBackoff(config), signal: over },
        isPassing: (thrown) => isRetryable(SheafError.from(thrown)),
        onFailure: (err, tries) => log.warn({ run, err, tries }, 'what the run staged is not removed yet'),
      });
    } catch {
      return over.throwIfAborted(); // Told above.
    }
    if (isKnown()) await post(run, { kind: 'cleaned' });
  }

  #commit(record: RunRecord, name: string, isFirst: boolean): Promise<CommitResult> {
    const { documents, sinks, over, at } = this.#parts;
    const stopAt = async (point: Point) => await at?.(point, record.id);
    return documents
      .commit(name)
      .then((commit) => commitAll(record, commit, sinks, over, isFirst, stopAt))
      .catch((thrown: unknown) => {
        over.throwIfAborted();
        return { kind: 'failed', error: SheafError.from(thrown).toData(), some: true } as const;
      });
  }
}
