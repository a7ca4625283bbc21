import type { RunSummary } from '../../../pipeline/records/run.ts';
import type { Json } from '../../../shared/json.ts';
import type { Keys } from '../../../shared/store/keys.ts';
import type { Operation, Store } from '../../../shared/store/store.ts';

/** What {@link Cursors} works with. */
export interface CursorsParts {
  readonly store: Pick<Store, 'list'>;
  readonly keys: Pick<Keys, 'cursor' | 'cursorsOf'>;
}

/** Where the sources of pipelines left off, in the store. */
export class Cursors {
  readonly #parts: CursorsParts;

  constructor(parts: CursorsParts) {
    this.#parts = parts;
  }

  /** By the name of the source. */
  async of(pipeline: string): Promise<Record<string, Json>> {
    const { store, keys } = this.#parts;
    const prefix = keys.cursorsOf(pipeline);
    const entries = await store.list(prefix);
    return Object.fromEntries(
      entries.map(({ key, value }) => [decodeURIComponent(key.slice(prefix.length)), JSON.parse(value) as Json]),
    );
  }

  /** Moves them to where a run left off: to be written together with its success. */
  after(pipeline: string, { sources }: RunSummary): Operation[] {
    return sources.flatMap(({ name, cursorAfter }): Operation[] =>
      cursorAfter === undefined
        ? []
        : [{ kind: 'put', key: this.#parts.keys.cursor(pipeline, name), value: JSON.stringify(cursorAfter) }],
    );
  }
}
