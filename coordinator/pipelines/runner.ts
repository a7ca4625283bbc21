import { setTimeout as pause } from 'node:timers/promises';
import { nothingLoaded } from '../../connectors/nothing-loaded.ts';
import type { RunRecord, RunSummary } from '../../pipeline/run.ts';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import type { Logger } from '../../shared/log.ts';
import type { Keys } from '../../shared/store/keys.ts';
import type { Operation, Store } from '../../shared/store/store.ts';
import { Attempt, cancelledError, movesCursors, type Point } from './attempt.ts';
import { removeStaged } from './clean.ts';
import { type CommitResult, commitAll } from './commit.ts';
import type { RunCompiler } from './compile-run.ts';
import { isOver, type RunEffect, type RunEvent, type RunPolicy, step } from './decisions/machine.ts';
import { isRetryable, retryDelayMs } from './decisions/retry.ts';
import { turns } from './decisions/turns.ts';
import type { Documents } from './documents.ts';
import { jobKey, type LoadEngine } from './engine.ts';
import { Pauses } from './pauses.ts';
import type { RunBook } from './run-book.ts';
import type { Sinks } from './sinks.ts';

export interface RunnerParts {
  readonly book: RunBook;
  readonly documents: Documents;
  readonly compiler: RunCompiler;
  readonly engine: LoadEngine;
  readonly sinks: Sinks;
  readonly store: Pick<Store, 'list'>;
  readonly keys: Pick<Keys, 'cursor' | 'cursorsOf' | 'run'>;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  /** Told of every step: tests stop a run there. */
  readonly at?: (point: Point, run: string) => Promise<void> | void;
  readonly config: Config;
  readonly log: Logger;
}

type EffectOf<Kind extends RunEffect['kind']> = Extract<RunEffect, { kind: Kind }>;

interface Begun {
  readonly number: number;
  readonly stop: AbortController;
  attempt?: Attempt;
}

/** Carries runs on: what happened to one goes through the machine, is written, and then what follows from it is done. */
export class Runner {
  readonly #parts: RunnerParts;
  /** The last event of each run, which the next one waits for. */
  readonly #events = new Map<string, Promise<void>>();
  readonly #begun = new Map<string, Begun>();
  readonly #starting = new Set<string>();
  /** Runs that wait to be committed once more. */
  readonly #pauses = new Pauses();
  #acting = 0;
  #alarm: NodeJS.Timeout | undefined;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
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
      await book.put(record, event.kind === 'committed' ? await this.#onCommit(record) : []);
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

  #do(record: RunRecord, effect: RunEffect): Promise<void> {
    switch (effect.kind) {
      case 'wait':
        return Promise.resolve(); // `turns` finds it.
      case 'prepare':
        return this.#orFailed(record, () => this.#prepare(record));
      case 'follow':
        return this.#orFailed(record, () => this.#follow(record, effect));
      case 'commit':
        return this.#commit(record, effect);
      case 'hurry':
        return Promise.resolve(this.#pauses.end(record.id));
      case 'cancelJob':
        return this.#cancelJob(record.id, effect.attempt);
      case 'clean':
        return this.#clean(record);
    }
  }

  /** An attempt's error is the run's, unless nobody wants the attempt any more. */
  async #orFailed({ id, attempt }: RunRecord, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const begun = this.#begun.get(id);
      if (begun?.number === attempt) await begun.attempt?.close();
      if (this.#parts.over.aborted || (begun?.number === attempt && begun.stop.signal.aborted)) return;
      await this.post(id, { kind: 'failed', attempt, error: SheafError.from(thrown).toData() });
    }
  }

  async #prepare(record: RunRecord): Promise<void> {
    const { documents, compiler, engine, sinks, over, at } = this.#parts;
    const { id } = record;
    const begun: Begun = { number: record.attempt, stop: new AbortController() };
    this.#begun.set(id, begun);
    const document = await documents.document(record.version);
    const cursorsBefore = movesCursors(record) ? await this.#cursors(record.pipeline) : {};
    const compiled = await compiler.plan(record, document, cursorsBefore);
    const signal = AbortSignal.any([over, begun.stop.signal]);
    const stopAt = async (point: Point) => await at?.(point, id);
    begun.attempt = new Attempt({
      record,
      document,
      compiled,
      cursorsBefore,
      engine,
      sinks,
      signal,
      at: stopAt,
    });
    const job = await begun.attempt.submit();
    await stopAt('submitted');
    await this.post(id, { kind: 'submitted', attempt: record.attempt, job });
  }

  async #follow(record: RunRecord, { job }: EffectOf<'follow'>): Promise<void> {
    const { documents, at } = this.#parts;
    const { id, attempt } = record;
    const begun = this.#begun.get(id);
    if (!begun?.attempt || begun.number !== attempt) return;
    const decision = await begun.attempt.decision(job);
    await begun.attempt.close();
    if (decision.kind === 'refuse') {
      const { error, summary } = decision;
      return await this.post(id, { kind: 'failed', attempt, error, summary });
    }
    const commit = await documents.putCommit(decision.commit);
    await at?.('decided', id);
    await this.post(id, { kind: 'decided', attempt, commit });
  }

  async #commit(record: RunRecord, { commit: name, atMs, tries }: EffectOf<'commit'>): Promise<void> {
    const { documents, sinks, over, at, log } = this.#parts;
    await this.#pauses.wait(record.id, atMs, over);
    // A sink may have looked into its ledger. Else only the very first answer tells for certain that nothing is loaded.
    const isFirst = tries === 0 && record.takeovers === 0 && this.#begun.get(record.id) !== undefined;
    const stopAt = async (point: Point) => await at?.(point, record.id);
    const result: CommitResult = await documents
      .commit(name)
      .then((commit) => commitAll(record, commit, sinks, over, isFirst, stopAt))
      .catch((thrown: unknown) => {
        over.throwIfAborted();
        return { kind: 'failed', error: SheafError.from(thrown).toData(), some: true } as const;
      });
    if (result.kind === 'done') return await this.#committed(record.id, result.summary);
    const { error, summary } = result;
    log.warn({ run: record.id, error, tries }, 'a sink has not committed yet');
    const some = result.some || !(isFirst || error.details?.[nothingLoaded] === true);
    await this.post(record.id, {
      kind: 'commitFailed',
      error,
      some,
      tries: tries + 1,
      ...(summary ? { summary } : {}),
    });
  }

  async #committed(id: string, summary: RunSummary): Promise<void> {
    await this.#parts.at?.('committed', id);
    await this.post(id, { kind: 'committed', summary });
  }

  /** What becomes true together with a run's success: its cursors, and that rows were replayed. */
  async #onCommit(record: RunRecord): Promise<Operation[]> {
    const { keys, book } = this.#parts;
    const { summary } = record.life as Extract<RunRecord['life'], { state: 'succeeded' }>;
    const cursors = summary.sources.flatMap(({ name, cursorAfter }): Operation[] =>
      cursorAfter === undefined
        ? []
        : [{ kind: 'put', key: keys.cursor(record.pipeline, name), value: JSON.stringify(cursorAfter) }],
    );
    const replayed = record.replayOf === undefined ? undefined : book.find(record.replayOf);
    return replayed ? [...cursors, book.change({ ...replayed, replayedBy: record.id })] : cursors;
  }

  async #cancelJob(id: string, attempt: number): Promise<void> {
    const begun = this.#begun.get(id);
    if (begun?.number === attempt) begun.stop.abort(cancelledError(id));
    await this.#parts.engine.cancel(jobKey(id, attempt));
  }

  /** Whatever became of the run: until it is done. What will not pass by itself is the next leader's to try. */
  async #clean(record: RunRecord): Promise<void> {
    const { engine, book, config, over, log } = this.#parts;
    const { id: run, attempt } = record;
    this.#begun.delete(run);
    await engine.cancel(jobKey(run, attempt));
    const policy = { firstDelayMs: config.commitRetryMs, delayMsMax: config.commitRetryMsMax };
    // A run that nobody knows any more has lost its pipeline, and with it the plan that says where it staged.
    for (let tries = 1; book.find(run) !== undefined; tries += 1) {
      const error = await removeStaged(record, this.#parts);
      if (error === undefined) return await this.post(run, { kind: 'cleaned' });
      log.warn({ run, err: error, tries }, 'what the run staged is not removed yet');
      if (!isRetryable(error)) return;
      await pause(retryDelayMs(policy, tries), undefined, { signal: over, ref: false });
    }
  }

  async #cursors(pipeline: string): Promise<Record<string, Json>> {
    const { store, keys } = this.#parts;
    const prefix = keys.cursorsOf(pipeline);
    const entries = await store.list(prefix);
    return Object.fromEntries(
      entries.map(({ key, value }) => [decodeURIComponent(key.slice(prefix.length)), JSON.parse(value) as Json]),
    );
  }
}

/** What timers of Node take. */
const longestAlarmMs = 2 ** 31 - 1;
