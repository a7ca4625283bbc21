import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import { didYouMean } from '../../shared/nearest.ts';
import type { CatalogDrop, CatalogEntry, CatalogPut } from '../../shared/plan/catalog.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import { bundlesOf, datasetsOf } from '../../shared/plan/walk.ts';
import type { Schema } from '../../shared/schema.ts';
import type { Keys } from '../../shared/store/keys.ts';
import type { Leadership } from '../../shared/store/membership/election.ts';
import type { Store } from '../../shared/store/store.ts';
import { type Entries, expand } from './expand.ts';

/** What {@link Catalog} works with. */
export interface CatalogParts {
  readonly store: Pick<Store, 'list'>;
  readonly leadership: Pick<Leadership, 'write'>;
  readonly keys: Pick<Keys, 'catalog' | 'catalogEntry'>;
  /** Columns of a plan that names nothing of the catalog any more; throws what is wrong with it. */
  readonly describe: (plan: PlanNode) => Promise<Schema>;
  readonly config: Pick<Config, 'catalogEntriesMax' | 'catalogEntryBytesMax'>;
  readonly log: Logger;
}

/**
 * The names that SQL may read besides files: small records in the store, written only while this leader leads, one
 * after the other. Names are told apart without regard to case.
 */
export class Catalog {
  readonly #parts: CatalogParts;
  readonly #entries = new Map<string, CatalogEntry>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: CatalogParts) {
    this.#parts = parts;
  }

  /** Learns what earlier leaders wrote. A record that cannot be read is left out, and told. */
  async load(): Promise<void> {
    const { store, keys, log } = this.#parts;
    this.#entries.clear();
    for (const { key, value } of await store.list(keys.catalog)) {
      try {
        const entry = JSON.parse(value) as CatalogEntry;
        this.#entries.set(entry.name.toLowerCase(), entry);
      } catch (error) {
        log.error({ key, err: SheafError.from(error) }, 'a record of the catalog cannot be read');
      }
    }
  }

  list(): readonly CatalogEntry[] {
    return [...this.#entries.values()].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  }

  /** Function bundles that its views call. */
  bundles(): string[] {
    return this.list().flatMap(({ plan }) => bundlesOf(plan));
  }

  /** The plan with all that it may mean of this catalog, as it is now. */
  expand(plan: PlanNode): PlanNode {
    return expand(plan, this.#entries).plan;
  }

  /** A better error for a table that does not exist, if a name here is near. */
  explain(thrown: unknown): SheafError {
    const error = SheafError.from(thrown);
    const table = error.code === 'TABLE_UNKNOWN' ? error.details?.table : undefined;
    const near = typeof table === 'string' ? didYouMean(this.#names(), table) : '';
    if (near === '' || error.next?.includes(near)) return error;
    const next = [near, error.next].filter(Boolean).join(' ');
    return new SheafError(error.code, error.message, { ...error.toData(), next, cause: error });
  }

  /**
   * Makes an entry; when this resolves, another leader would find it.
   *
   * @throws SheafError `DESTINATION_EXISTS`, `PLAN_INVALID` for a view that reads itself, `QUOTA_EXCEEDED`,
   * `NOT_LEADER`, and what planning says
   */
  put(wanted: CatalogPut): Promise<CatalogEntry> {
    return this.#inTurn(() => this.#put(wanted));
  }

  /** Drops the entry that the client saw, if it is there still. */
  drop({ name, key }: CatalogDrop): Promise<void> {
    return this.#inTurn(async () => {
      const { leadership, keys } = this.#parts;
      const id = name.toLowerCase();
      if (this.#entries.get(id)?.key !== key) return;
      await leadership.write([{ kind: 'delete', key: keys.catalogEntry(id) }]);
      this.#entries.delete(id);
    });
  }

  async #put({ name, kind, plan, replace, key }: CatalogPut): Promise<CatalogEntry> {
    const { leadership, keys } = this.#parts;
    const id = name.toLowerCase();
    const old = this.#entries.get(id);
    if (old?.key === key) return old;
    if (old !== undefined && !replace) throw exists(old);
    if (datasetsOf(plan).length > 0) throw ofClient(name);
    if (kind === 'table' && plan.kind !== 'scan') throw noFiles(name);
    const schema = await this.#schemaOf(name, plan, new Map([...this.#entries].filter(([other]) => other !== id)));
    const kept = kind === 'table' && plan.kind === 'scan' ? { ...plan, options: { ...plan.options, schema } } : plan;
    const entry: CatalogEntry = { name, kind, plan: kept, schema, createdMs: Date.now(), key };
    this.#checkSize(entry, old === undefined);
    await leadership.write([{ kind: 'put', key: keys.catalogEntry(id), value: JSON.stringify(entry) }]);
    this.#entries.set(id, entry);
    return entry;
  }

  /** Its own name means nothing in it: what is replaced is gone, and what would read itself has no rows. */
  async #schemaOf(name: string, plan: PlanNode, others: Entries): Promise<Schema> {
    const id = name.toLowerCase();
    const own = new Map(others).set(id, { name, kind: 'view', plan, schema: [], createdMs: 0, key: '' });
    const expanded = expand(plan, own, [id]);
    try {
      return await this.#parts.describe(expanded.plan);
    } catch (thrown) {
      const error = SheafError.from(thrown);
      const cycle = expanded.cycles.find((names) => names[0] === String(error.details?.table).toLowerCase());
      throw error.code === 'TABLE_UNKNOWN' && cycle !== undefined ? readsItself(cycle) : this.explain(error);
    }
  }

  #checkSize(entry: CatalogEntry, isNew: boolean): void {
    const { catalogEntriesMax, catalogEntryBytesMax } = this.#parts.config;
    if (isNew && this.#entries.size >= catalogEntriesMax) {
      throw new SheafError('QUOTA_EXCEEDED', `The catalog has ${this.#entries.size} tables and views already`, {
        next: 'Drop some, or raise catalogEntriesMax.',
      });
    }
    const bytes = Buffer.byteLength(JSON.stringify(entry));
    if (bytes <= catalogEntryBytesMax) return;
    throw new SheafError('QUOTA_EXCEEDED', `The ${entry.kind} "${entry.name}" takes ${bytes} bytes of the catalog`, {
      next: `Name files by a glob or a directory; the limit is ${catalogEntryBytesMax} (catalogEntryBytesMax).`,
    });
  }

  #names(): string[] {
    return this.list().map(({ name }) => name);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {}); // Told to whoever asked for it.
    return done;
  }
}

const exists = ({ kind, name }: CatalogEntry): SheafError =>
  new SheafError('DESTINATION_EXISTS', `There is a ${kind} "${name}" already`, {
    next: 'Choose another name, drop it, or replace it: { replace: true }, CREATE OR REPLACE.',
  });

const ofClient = (name: string): SheafError =>
  new SheafError('PLAN_INVALID', `"${name}" would read rows that only this client holds: they go with the job`, {
    next: 'Write them as a table: createTable(name, dataset, { path }).',
  });

const noFiles = (name: string): SheafError =>
  new SheafError('PLAN_INVALID', `The table "${name}" would not be of files alone`, {
    next: 'Make a view of the question, or write its answer: createTable(name, dataset, { path }).',
  });

const readsItself = (cycle: readonly string[]): SheafError =>
  new SheafError('PLAN_INVALID', `The view "${cycle[0]}" would read itself: ${cycle.join(' → ')}`, {
    next: 'Give it another name, or change the view that it reads.',
  });
