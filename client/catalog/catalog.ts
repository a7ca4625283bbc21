import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { SheafError } from '../../shared/errors.ts';
import { didYouMean } from '../../shared/nearest.ts';
import { type CatalogEntry, type CatalogKind, checkCatalogName } from '../../shared/plan/catalog.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { Schema } from '../../shared/schema.ts';
import type { Actions } from '../dataset/actions.ts';
import type { Draft } from '../dataset/draft.ts';
import type { ParquetWriteOptions } from '../dataset/writer.ts';
import { resolverFor } from '../job/resolver.ts';
import { persist } from '../session/persist.ts';
import type { Session } from '../session/session.ts';

/** A table or view of the catalog. */
export interface TableInfo {
  readonly name: string;
  readonly kind: CatalogKind;
  /** Its columns when it was made. */
  readonly schema: Schema;
  /** Of a table: where its files are, absolute, globs included, and how they are written. */
  readonly paths?: readonly string[];
  readonly format?: 'parquet' | 'csv' | 'ndjson' | 'arrow';
  /** Of a view: its question, if that is SQL alone. */
  readonly sql?: string;
  readonly createdMs: number;
}

/** Options of `createTable` and `createView`. */
export interface CreateOptions {
  /** Replaces the table or view of this name. Without it, a name that is taken is an error. Default false. */
  readonly replace?: boolean;
}

/** Further options of `createTable`. */
export interface CreateTableOptions extends CreateOptions, ParquetWriteOptions {
  /**
   * The directory to which the rows are written, as Parquet: the workers must see it. Needed for anything but a plain
   * `cluster.read`, whose files are registered where they are.
   */
  readonly path?: string;
}

/** What the coordinator that leads knows by name. */
export class CatalogClient {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async tables(): Promise<readonly TableInfo[]> {
    return (await this.#entries()).map(infoOf);
  }

  /** Rows are written before the name is taken: a name that is taken is refused before that. */
  async createTable(name: string, dataset: Actions, options: CreateTableOptions): Promise<TableInfo> {
    const { path, replace = false, ...write } = options;
    const plan = await this.#planOf(dataset.draft);
    if (plan.kind === 'scan' && path === undefined) return this.#put(name, 'table', plan, replace);
    if (path === undefined) throw noPath(name);
    checkCatalogName(name);
    const old = (await this.#entries()).find((entry) => isSame(entry.name, name));
    if (old !== undefined && !replace) throw exists(old);
    const written = await dataset.write.parquet(path, { name: `create table ${name}`, ...write });
    const paths = [resolve(written.path)];
    return this.#put(name, 'table', { kind: 'scan', format: 'parquet', paths, options: {} }, replace);
  }

  async createView(name: string, draft: Draft, { replace = false }: CreateOptions): Promise<TableInfo> {
    return this.#put(name, 'view', await this.#planOf(draft), replace);
  }

  /** @returns false if there was none */
  async drop(name: string, kind: CatalogKind, ifExists: boolean): Promise<boolean> {
    const entries = await this.#entries();
    const found = entries.find((entry) => isSame(entry.name, name));
    if (found === undefined && ifExists) return false;
    if (found?.kind !== kind) throw unknown(name, kind, entries);
    const json = JSON.stringify({ name: found.name, key: found.key });
    await this.#ask(() => this.#session.jobs.dropTable({ json }));
    return true;
  }

  async #put(name: string, kind: CatalogKind, plan: PlanNode, replace: boolean): Promise<TableInfo> {
    const json = JSON.stringify({ name, kind, plan, replace, key: randomUUID() });
    const reply = await this.#ask(() => this.#session.jobs.putTable({ json }));
    return infoOf(JSON.parse(reply.json) as CatalogEntry);
  }

  async #entries(): Promise<readonly CatalogEntry[]> {
    const { json } = await this.#ask(() => this.#session.jobs.listTables({}));
    return json.map((text) => JSON.parse(text) as CatalogEntry);
  }

  async #planOf(draft: Draft): Promise<PlanNode> {
    return JSON.parse(JSON.stringify(await draft(withoutUploads(this.#session)))) as PlanNode;
  }

  #ask<T>(call: () => Promise<T>): Promise<T> {
    return persist(this.#session, this.#session.closed, call);
  }
}

/**
 * Only what outlives this process can be registered: rows that it alone holds are sent only if they are written to
 * files.
 */
const withoutUploads = (session: Session) => ({
  ...resolverFor(session, session.closed),
  uploadDataset: async () => ({ kind: 'dataset', id: 'of this client', schema: [] }) as const,
});

function infoOf({ name, kind, schema, createdMs, plan }: CatalogEntry): TableInfo {
  const more =
    plan.kind === 'scan' ? { paths: plan.paths, format: plan.format } : plan.kind === 'sql' ? { sql: plan.text } : {};
  return { name, kind, schema, createdMs, ...more };
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const noPath = (name: string): SheafError =>
  new SheafError('PLAN_INVALID', `The table "${name}" needs a place for its rows`, {
    next: `Say which directory, seen by all workers: createTable('${name}', dataset, { path }); or make a view of the question.`,
  });

const exists = ({ kind, name }: CatalogEntry): SheafError =>
  new SheafError('DESTINATION_EXISTS', `There is a ${kind} "${name}" already`, {
    next: 'Choose another name, drop it, or replace it: { replace: true }.',
  });

function unknown(name: string, kind: CatalogKind, entries: readonly CatalogEntry[]): SheafError {
  const other = entries.find((entry) => isSame(entry.name, name));
  const near = didYouMean(
    entries.filter((entry) => entry.kind === kind).map((entry) => entry.name),
    name,
  );
  const message = other === undefined ? `There is no ${kind} "${name}"` : `"${name}" is a ${other.kind}, no ${kind}`;
  const next = other === undefined ? near || 'npx sheaf tables lists what there is.' : `Drop the ${other.kind}.`;
  return new SheafError('TABLE_UNKNOWN', message, { next });
}
