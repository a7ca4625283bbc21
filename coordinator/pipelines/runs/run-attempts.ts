import type { RunRecord } from '../../../pipeline/records/run.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { JobId } from '../../../shared/ids.ts';
import type { RunEvent } from '../decisions/machine.ts';
import { jobKey, type LoadEngine } from '../jobs/engine.ts';
import type { Cursors } from '../records/cursors.ts';
import type { Documents } from '../records/documents.ts';
import { Attempt, cancelledError, movesCursors, type Point } from './attempt.ts';
import type { RunCompiler } from './compile-run.ts';
import type { Sinks } from './sinks.ts';

/** What {@link RunAttempts} works with. */
export interface RunAttemptsParts {
  readonly documents: Documents;
  readonly compiler: RunCompiler;
  readonly cursors: Cursors;
  readonly engine: LoadEngine;
  readonly sinks: Sinks;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  /** Told of every step: tests stop a run there. */
  readonly at?: (point: Point, run: string) => Promise<void> | void;
  /** What came of it. */
  readonly post: (run: string, event: RunEvent) => Promise<void>;
}

interface Begun {
  readonly number: number;
  readonly stop: AbortController;
  attempt?: Attempt;
}

/** Runs up to their decision, one attempt of each at a time. */
export class RunAttempts {
  readonly #parts: RunAttemptsParts;
  readonly #begun = new Map<string, Begun>();

  constructor(parts: RunAttemptsParts) {
    this.#parts = parts;
  }

  /** Prepares the sinks and submits the job: posts `submitted`, or `failed`. */
  prepare(record: RunRecord): Promise<void> {
    return this.#orFailed(record, () => this.#prepare(record));
  }

  /** Waits for the job and decides: posts `decided`, or `failed`. */
  follow(record: RunRecord, job: JobId): Promise<void> {
    return this.#orFailed(record, () => this.#follow(record, job));
  }

  /** Cancels the job of this attempt. */
  async cancel(id: string, attempt: number): Promise<void> {
    const begun = this.#begun.get(id);
    if (begun?.number === attempt) begun.stop.abort(cancelledError(id));
    await this.#parts.engine.cancel(jobKey(id, attempt));
  }

  /** Whether an attempt of the run was begun here: no other leader has asked its sinks to commit. */
  has(id: string): boolean {
    return this.#begun.has(id);
  }

  /** The run is over. */
  async forget({ id, attempt }: RunRecord): Promise<void> {
    this.#begun.delete(id);
    await this.#parts.engine.cancel(jobKey(id, attempt));
  }

  /** An attempt's error is the run's, unless nobody wants the attempt any more. */
  async #orFailed({ id, attempt }: RunRecord, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const begun = this.#begun.get(id);
      if (begun?.number === attempt) await begun.attempt?.close();
      if (this.#parts.over.aborted || (begun?.number === attempt && begun.stop.signal.aborted)) return;
      await this.#parts.post(id, { kind: 'failed', attempt, error: SheafError.from(thrown).toData() });
    }
  }

  async #prepare(record: RunRecord): Promise<void> {
    const { documents, compiler, cursors, engine, sinks, over, at, post } = this.#parts;
    const { id } = record;
    const begun: Begun = { number: record.attempt, stop: new AbortController() };
    this.#begun.set(id, begun);
    const document = await documents.document(record.version);
    const cursorsBefore = movesCursors(record) ? await cursors.of(record.pipeline) : {};
    const compiled = await compiler.plan(record, document, cursorsBefore);
    const signal = AbortSignal.any([over, begun.stop.signal]);
    const stopAt = async (point: Point) => await at?.(point, id);
    begun.attempt = new Attempt({ record, document, compiled, cursorsBefore, engine, sinks, signal, at: stopAt });
    const job = await begun.attempt.submit();
    await stopAt('submitted');
    await post(id, { kind: 'submitted', attempt: record.attempt, job });
  }

  async #follow({ id, attempt }: RunRecord, job: JobId): Promise<void> {
    const { documents, at, post } = this.#parts;
    const begun = this.#begun.get(id);
    if (!begun?.attempt || begun.number !== attempt) return;
    const decision = await begun.attempt.decision(job);
    await begun.attempt.close();
    if (decision.kind === 'refuse') {
      const { error, summary } = decision;
      return await post(id, { kind: 'failed', attempt, error, summary });
    }
    const commit = await documents.putCommit(decision.commit);
    await at?.('decided', id);
    await post(id, { kind: 'decided', attempt, commit });
  }
}
