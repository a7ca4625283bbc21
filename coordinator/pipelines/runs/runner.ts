import type { RunRecord } from '../../../pipeline/records/run.ts';
import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Operation } from '../../../shared/store/store.ts';
import { isOver, type RunEffect, type RunEvent, type RunPolicy, step } from '../decisions/machine.ts';
import { turns } from '../decisions/turns.ts';
import type { RunBook } from '../records/run-book.ts';
import { RunAttempts, type RunAttemptsParts } from './run-attempts.ts';
import { RunEnds, type RunEndsParts } from './run-ends.ts';

/** What {@link Runner} works with. */
export interface RunnerParts extends Omit<RunAttemptsParts, 'post'>, Omit<RunEndsParts, 'post'> {
  readonly book: RunBook;
  readonly config: Config;
}

/**
 * Drives runs: an event goes through the machine, the record after it is written, then its effects are carried out.
 */
export class Runner {
  readonly #parts: RunnerParts;
  readonly #attempts: RunAttempts;
  readonly #ends: RunEnds;
  /** The last event of each run, which the next one waits for. */
  readonly #events = new Map<string, Promise<void>>();
  readonly #starting = new Set<string>();
  #acting = 0;
  #alarm: NodeJS.Timeout | undefined;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    const post = (run: string, event: RunEvent) => this.post(run, event);
    this.#attempts = new RunAttempts({ ...parts, post });
    this.#ends = new RunEnds({ ...parts, post });
    parts.over.addEventListener('abort', () => clearTimeout(this.#alarm), { once: true });
  }

  /** Goes on with what the leaders before left. */
  begin(): void {
    const left = this.#parts.book.list().filter(({ life, cleaned }) => !isOver(life) || !cleaned);
    for (const { id } of left.reverse()) void this.post(id, { kind: 'takenOver' });
    this.look();
  }

  /**
   * Something happened to a run. Resolves when the record after it is written.
   *
   * @throws SheafError `NOT_LEADER`
   */
  post(id: string, event: RunEvent): Promise<void> {
    const before = this.#events.get(id) ?? Promise.resolve();
    const handled = before.catch(() => {}).then(() => this.#handle(id, event)); // Told to whoever posted it.
    this.#events.set(id, handled);
    handled
      .catch((error: unknown) => this.#parts.log.warn({ run: id, event: event.kind, err: error }, 'an event was lost'))
      .finally(() => {
        if (this.#events.get(id) === handled) this.#events.delete(id);
      });
    return handled;
  }

  get idle(): boolean {
    return this.#acting === 0 && this.#events.size === 0;
  }

  /** Begins the runs whose turn it is. */
  look(): void {
    const { book, config, over } = this.#parts;
    if (over.aborted) return;
    const { start, againMs } = turns(book.list(), Date.now(), config.runsActiveMax);
    for (const id of start) void this.#start(id);
    clearTimeout(this.#alarm);
    if (againMs === undefined) return;
    this.#alarm = setTimeout(() => this.look(), Math.min(longestAlarmMs, Math.max(0, againMs - Date.now()) + 1));
  }

  async #start(id: string): Promise<void> {
    if (this.#starting.has(id)) return;
    this.#starting.add(id);
    await this.post(id, { kind: 'due' })
      .catch(() => {}) // Logged by `post`.
      .finally(() => this.#starting.delete(id));
  }

  async #handle(id: string, event: RunEvent): Promise<void> {
    const { book, over, log } = this.#parts;
    over.throwIfAborted();
    const before = book.get(id);
    const { record, effects } = step(before, event, Date.now(), await this.#policy(before));
    if (record !== before) {
      await book.put(record, event.kind === 'committed' ? this.#onCommit(record) : []);
      log.info({ run: id, attempt: record.attempt, state: record.life.state }, 'run');
    }
    for (const effect of effects) void this.#act(record, effect);
    this.look();
  }

  async #policy({ version }: RunRecord): Promise<RunPolicy> {
    const { runTakeoversMax: takeoversMax, commitRetryMs, commitRetryMsMax } = this.#parts.config;
    const once = { attempts: 1, firstDelayMs: 0, delayMsMax: 0 };
    const retry = await this.#parts.documents.document(version).then(
      (document) => document.retry,
      () => once, // Without its document a run fails when it is prepared.
    );
    return { retry, takeoversMax, commitRetryMs, commitRetryMsMax };
  }

  async #act(record: RunRecord, effect: RunEffect): Promise<void> {
    const { over, log } = this.#parts;
    this.#acting += 1;
    try {
      await this.#do(record, effect);
    } catch (thrown) {
      if (!over.aborted) log.error({ run: record.id, effect: effect.kind, err: SheafError.from(thrown) }, 'run stuck');
    } finally {
      this.#acting -= 1;
    }
  }

  #do(record: RunRecord, effect: RunEffect): Promise<void> | void {
    const { id } = record;
    switch (effect.kind) {
      case 'wait':
        return; // `turns` finds it.
      case 'prepare':
        return this.#attempts.prepare(record);
      case 'follow':
        return this.#attempts.follow(record, effect.job);
      case 'commit':
        return this.#ends.commit(record, effect, this.#attempts.has(id));
      case 'hurry':
        return this.#ends.hurry(id);
      case 'cancelJob':
        return this.#attempts.cancel(id, effect.attempt);
      case 'clean':
        return this.#attempts.forget(record).then(() => this.#ends.clean(record));
    }
  }

  /** What becomes true together with a run's success: its cursors, and that rows were replayed. */
  #onCommit({ id, pipeline, life, replayOf }: RunRecord): Operation[] {
    const { cursors, book } = this.#parts;
    const moved = life.state === 'succeeded' ? cursors.after(pipeline, life.summary) : [];
    const replayed = replayOf === undefined ? undefined : book.find(replayOf);
    return replayed ? [...moved, book.change({ ...replayed, replayedBy: id })] : moved;
  }
}

/** What timers of Node take. */
const longestAlarmMs = 2 ** 31 - 1;
