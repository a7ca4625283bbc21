import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  ConnectorContext,
  ListContext,
  ReadContext,
  SinkBatches,
  SourceBatches,
} from '../../../connectors/contract.ts';
import type { Batch } from '../../../shared/arrow/batch.ts';
import { loadConfig, type SettingName } from '../../../shared/config/config.ts';
import { Connection } from '../../../shared/duckdb/connection.ts';
import { Database } from '../../../shared/duckdb/database.ts';
import type { Json } from '../../../shared/json.ts';
import { createLogger } from '../../../shared/log.ts';
import type { Schema } from '../../../shared/schema.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import { createRowReader } from '../../../shared/types/row-reader.ts';

/** A DuckDB and a folder to try connectors with, outside any cluster. */
export class ConnectorLab implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'sheaf-connectors-'));
  readonly abort = new AbortController();
  readonly #database = Database.open({ memoryLimitBytes: 2 ** 29, tempDirectory: join(this.folder, 'spill') });
  readonly #connection = Connection.open(this.#database.address);

  context(settings: Partial<Record<SettingName, number>> = {}): ConnectorContext {
    const log = createLogger({ name: 'test', level: 'silent' });
    return { config: loadConfig({}, settings), log, signal: this.abort.signal };
  }

  listContext<Cursor extends Json>(
    more: Partial<ListContext<Cursor>> = {},
    settings: Partial<Record<SettingName, number>> = {},
  ): ListContext<Cursor> {
    return { ...this.context(settings), slots: 4, ...more };
  }

  readContext(columns: Schema, settings: Partial<Record<SettingName, number>> = {}): ReadContext {
    return { ...this.context(settings), columns, directory: this.folder, permit: () => Promise.resolve() };
  }

  /** Rows of what a source reads, every value as DuckDB's text of it. */
  async texts({ schema, batches }: SourceBatches): Promise<Record<string, string | null>[]> {
    const all: Batch[] = [];
    for await (const batch of batches) all.push(batch);
    const names = schema.fields.map(({ name }) => quotedName(name));
    const inputs = { given: { schema, open: () => all[Symbol.iterator]() } };
    const list = names.map((name) => `${name}::VARCHAR AS ${name}`).join(', ');
    return this.rows(`SELECT ${list} FROM given`, inputs);
  }

  rows(sql: string, inputs = {}): Record<string, string | null>[] {
    using query = this.#connection.query(sql, { inputs });
    const reader = createRowReader(query.schema.fields);
    const rows: Record<string, string | null>[] = [];
    for (const batch of query) {
      reader.bind(batch);
      for (let i = 0; i < batch.rows; i++) rows.push({ ...reader.row(i) } as Record<string, string | null>);
    }
    return rows;
  }

  execute(sql: string): void {
    this.#connection.execute(sql);
  }

  /** Rows of a SELECT for a sink, with their columns. */
  select(sql: string): SinkBatches & { readonly columns: Schema } {
    using query = this.#connection.query(sql);
    return { schema: query.schema, columns: this.#connection.describe(sql), batches: [...query] };
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
    this.#database[Symbol.dispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
