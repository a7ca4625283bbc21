import { SheafError } from '../../shared/errors.ts';
import type { LocalPart } from '../../shared/exchange/local-parts.ts';
import type { JobId } from '../../shared/ids.ts';
import type { Fetched } from './fetcher.ts';
import type { Wish } from './protocol.ts';

interface Holding {
  readonly job: JobId;
  /** Under which others find it; undefined: it is one task's own. */
  readonly sharedAs: string | undefined;
  readonly controller: AbortController;
  readonly fetched: Promise<Fetched>;
  running: boolean;
  users: number;
}

/** How spools are fetched and removed. */
export interface HoldingsOptions {
  readonly fetch: (wish: Wish, signal: AbortSignal) => Promise<Fetched>;
  readonly remove: (spool: string) => Promise<void>;
}

/**
 * What tasks have fetched and still read. A task's own spool goes when it is released. A shared one is fetched once for
 * all tasks of the worker, and stays until its job is dropped, since more tasks of the stage may come.
 */
export class Holdings {
  readonly #options: HoldingsOptions;
  /** By the id under which a task holds it. */
  readonly #held = new Map<number, Holding>();
  readonly #shared = new Map<string, Holding>();

  constructor(options: HoldingsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#held.size;
  }

  /** @throws as the fetch does; `CANCELLED` if nobody waits for it any more, or its job is dropped */
  async hold(id: number, wish: Wish): Promise<readonly LocalPart[]> {
    const sharedAs = wish.kind === 'parts' && wish.shared ? keyOf(wish) : undefined;
    const holding = this.#shared.get(sharedAs ?? '') ?? this.#begin(wish, sharedAs);
    holding.users += 1;
    this.#held.set(id, holding);
    try {
      return (await holding.fetched).parts;
    } catch (error) {
      this.#held.delete(id);
      throw error;
    }
  }

  /** The task needs it no more: a fetch that nobody waits for is stopped, a spool of the task's own removed. */
  async release(id: number): Promise<void> {
    const holding = this.#held.get(id);
    if (holding === undefined) return;
    this.#held.delete(id);
    holding.users -= 1;
    const kept = holding.sharedAs !== undefined && !holding.running;
    if (holding.users === 0 && !kept) await this.#end(holding);
  }

  /** Ends all that a job holds, or, without one, all. */
  async drop(job?: JobId): Promise<void> {
    const all = [...new Set([...this.#held.values(), ...this.#shared.values()])];
    const dropped = all.filter((holding) => job === undefined || holding.job === job);
    await Promise.all(dropped.map((holding) => this.#end(holding)));
  }

  #begin(wish: Wish, sharedAs: string | undefined): Holding {
    const controller = new AbortController();
    const fetched = this.#options.fetch(wish, controller.signal);
    const holding: Holding = { job: wish.job, sharedAs, controller, fetched, running: true, users: 0 };
    if (sharedAs !== undefined) this.#shared.set(sharedAs, holding);
    fetched.then(
      () => {
        holding.running = false;
      },
      () => this.#forget(holding),
    );
    return holding;
  }

  async #end(holding: Holding): Promise<void> {
    const cancelled = new SheafError('CANCELLED', 'What was being fetched is needed no more');
    if (holding.running) holding.controller.abort(cancelled);
    this.#forget(holding);
    const spool = await holding.fetched.then(
      (fetched) => fetched.spool,
      () => undefined, // Those who waited for it have got the error.
    );
    if (spool !== undefined) await this.#options.remove(spool);
  }

  #forget(holding: Holding): void {
    holding.running = false;
    if (this.#shared.get(holding.sharedAs ?? '') === holding) this.#shared.delete(holding.sharedAs ?? '');
    for (const [id, held] of this.#held) if (held === holding) this.#held.delete(id);
  }
}

const keyOf = (wish: Wish & { kind: 'parts' }): string =>
  JSON.stringify([
    wish.job,
    wish.parts.map(({ stage, task, attempt, partition, firstRow }) => [stage, task, attempt, partition, firstRow]),
  ]);
