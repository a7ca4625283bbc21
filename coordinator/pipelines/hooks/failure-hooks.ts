import type { FailureNotice, RunRecord } from '../../../pipeline/records/run.ts';
import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { withRetries } from '../../../shared/retry.ts';
import { redactData, type Secrets } from '../../../shared/secrets.ts';
import type { Documents } from '../records/documents.ts';
import type { RunBook } from '../records/run-book.ts';
import { postHook } from './post-hook.ts';

/** What {@link FailureHooks} works with. */
export interface FailureHookParts {
  readonly runs: Pick<RunBook, 'list' | 'find' | 'onChange'>;
  readonly documents: Pick<Documents, 'document'>;
  readonly secrets: Pick<Secrets, 'resolve'>;
  /** Notes in the run's record what became of it. */
  readonly note: (run: string, notice: FailureNotice) => Promise<void>;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  readonly config: Config;
  readonly log: Logger;
}

/**
 * Tells webhooks of runs that have failed for good, beside everything else: no run waits for it. That it was told is
 * noted in the run's record after the answer, so a leader that ends in between is followed by one that tells it again:
 * at least once.
 */
export class FailureHooks {
  readonly #parts: FailureHookParts;
  /** Runs whose webhook is being called, or waits to be. */
  readonly #pending = new Set<string>();
  readonly #waiting: string[] = [];
  #active = 0;

  constructor(parts: FailureHookParts) {
    this.#parts = parts;
    parts.runs.onChange((record) => this.#look(record));
  }

  /** Tells of the failures that earlier leaders had no time to tell of. */
  begin(): void {
    for (const record of this.#parts.runs.list().reverse()) this.#look(record);
  }

  #look({ id, life, notice }: RunRecord): void {
    if (life.state !== 'failed' || notice || this.#pending.has(id)) return;
    this.#pending.add(id);
    this.#waiting.push(id);
    this.#next();
  }

  #next(): void {
    const { over, config } = this.#parts;
    if (over.aborted || this.#active >= config.webhooksActiveMax) return;
    const id = this.#waiting.shift();
    if (id === undefined) return;
    this.#active += 1;
    void this.#tell(id).finally(() => {
      this.#active -= 1;
      this.#pending.delete(id);
      this.#next();
    });
  }

  async #tell(id: string): Promise<void> {
    const { runs, documents, note, over, log } = this.#parts;
    try {
      const record = runs.find(id);
      const { onFailure } = record ? await documents.document(record.version) : {};
      if (!record || !onFailure) return;
      const notice = await this.#deliver(record, onFailure.url);
      if (notice.state === 'givenUp') log.warn({ run: id, error: notice.error }, 'the webhook was not told');
      await note(id, notice);
    } catch (thrown) {
      if (!over.aborted)
        log.warn({ run: id, err: SheafError.from(thrown) }, 'whether the webhook was told is not noted');
    }
  }

  async #deliver(record: RunRecord, url: unknown): Promise<FailureNotice> {
    const { secrets, over, config } = this.#parts;
    const tell = async () => {
      const address = String(secrets.resolve(url as Parameters<Secrets['resolve']>[0]));
      await postHook(address, record.id, JSON.stringify(redactData(record)), config, over);
    };
    try {
      await withRetries(tell, {
        ...{ attemptsMax: config.webhookAttemptsMax, signal: over },
        backoff: { firstDelayMs: config.webhookRetryMs, delayMsMax: config.webhookRetryMsMax },
        isPassing: (thrown) => SheafError.from(thrown).retryable,
      });
      return { state: 'delivered', atMs: Date.now() };
    } catch (thrown) {
      over.throwIfAborted();
      return { state: 'givenUp', atMs: Date.now(), error: redactData(SheafError.from(thrown).toData()) };
    }
  }
}
