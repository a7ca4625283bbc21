import type { PostgresSourceOptions } from '../connectors/postgres/options.ts';
import type { Json } from '../shared/json.ts';
import { type SchemaSpec, toSchema } from '../shared/schema.ts';
import { secret } from './references.ts';
import { connectorSource, type Source } from './source.ts';
import type { WithReferences } from './with-references.ts';

/** What every source takes. */
export interface SourceOptions<S extends SchemaSpec> {
  /** Columns by name with DuckDB's types: the source is read as these, and the compiler knows them. */
  readonly schema?: S;
}

/** Of a source whose rows have a column that only grows. */
export interface GrowingOptions {
  /** Reads only rows whose value of this column is greater than any that was loaded before: `updated_at`, an id. */
  readonly incremental?: string;
}

type Optional<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;

/** Where rows come from. */
export const source = {
  /**
   * A table or a query of PostgreSQL, read by `COPY` in parallel, all of it as of one moment.
   * The connection is the secret POSTGRES_URL unless another is given.
   *
   * @example `source.postgres({ table: 'public.orders', incremental: 'updated_at' })`
   */
  postgres<const S extends SchemaSpec = SchemaSpec>({
    schema,
    incremental,
    ...options
  }: SourceOptions<S> &
    GrowingOptions &
    WithReferences<Optional<Omit<PostgresSourceOptions, 'cursorColumn'>, 'connection'>>): Source<S> {
    const growing = incremental === undefined ? {} : { cursorColumn: incremental };
    return connectorSource(
      'postgres',
      { connection: secret('POSTGRES_URL'), ...options, ...growing } as unknown as Json,
      { ...schemaOption(schema), ...growing, incremental: incremental !== undefined },
    );
  },
} as const;

const schemaOption = (schema: SchemaSpec | undefined) => (schema === undefined ? {} : { schema: toSchema(schema) });
