import { absolutePaths } from '../client/read/paths.ts';
import { type Input, sourceOf } from '../client/upload/source.ts';
import type { PostgresSourceOptions } from '../connectors/postgres/options.ts';
import type { RestOptions } from '../connectors/rest/options.ts';
import { loadConfig } from '../shared/config/config.ts';
import type { Json } from '../shared/json.ts';
import type { ObjectStorage, ScanOptions } from '../shared/plan/nodes/scan.ts';
import { type SchemaSpec, toSchema } from '../shared/schema.ts';
import type { LineFormat } from './formats.ts';
import { secret } from './references.ts';
import { connectorSource, type Source } from './source.ts';
import type { WithReferences } from './with-references.ts';

/** What every source takes. */
interface Common<S extends SchemaSpec> {
  /** Columns by name with DuckDB's types: the source is read as these, and the compiler knows them. */
  readonly schema?: S;
}

type Optional<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;

/** Of files and objects. */
interface FileOptions {
  /** Reads only files that are new since the last committed run. Default false. */
  readonly incremental?: boolean;
  /** Which object storage `s3://` means, if it is not that of the environment. */
  readonly s3?: ObjectStorage;
}

type TableFormat = 'parquet' | 'csv' | 'ndjson' | 'arrow';
type TableOptions = Omit<ScanOptions, 'schema' | 's3'>;

function files<S extends SchemaSpec>(
  paths: string | readonly string[],
  options: FileOptions & { readonly format: LineFormat<S> },
): Source<S>;
function files<const S extends SchemaSpec = SchemaSpec>(
  paths: string | readonly string[],
  options: FileOptions & { readonly format: TableFormat } & TableOptions & Common<S>,
): Source<S>;
function files(
  paths: string | readonly string[],
  {
    format,
    incremental = false,
    s3,
    schema,
    ...rest
  }: FileOptions & { readonly format: TableFormat | LineFormat } & TableOptions & Common<SchemaSpec>,
): Source {
  const absolute = absolutePaths(paths);
  const storage = s3 === undefined ? {} : { s3 };
  if (typeof format !== 'string') {
    const options = { paths: absolute, format: format.format, incremental, ...storage } as unknown as Json;
    return connectorSource('logs', options, { incremental });
  }
  const options: ScanOptions = { ...rest, ...storage, ...(schema === undefined ? {} : { schema: toSchema(schema) }) };
  const scan = { kind: 'scan', format, paths: absolute, options } as const;
  return { kind: 'source', from: { kind: 'files', scan }, incremental };
}

/** Where rows come from. */
export const source = {
  /**
   * Files or objects: logs by a format of lines, or Parquet, CSV, NDJSON and Arrow. Globs name many; `.gz` and `.zst`
   * are decompressed.
   *
   * @example `source.files('s3://logs/web/*.log.gz', { format: accessLog(), incremental: true })`
   * @example `source.files('orders/*.parquet', { format: 'parquet' })`
   */
  files,

  /**
   * An API that answers with JSON, page by page.
   *
   * @example
   * ```ts
   * source.rest({
   *   url: 'https://api.example.com/orders',
   *   auth: { kind: 'bearer', token: secret('ORDERS_TOKEN') },
   *   pagination: { kind: 'cursor', param: 'after', path: 'meta.next' },
   *   requestsPerSecond: 10,
   *   incremental: { param: 'updated_since', column: 'updated_at' },
   * })
   * ```
   */
  rest<const S extends SchemaSpec = SchemaSpec>({
    schema,
    ...options
  }: Common<S> & WithReferences<RestOptions>): Source<S> {
    const { incremental } = options as RestOptions;
    return connectorSource('rest', options as unknown as Json, {
      ...schemaOption(schema),
      incremental: incremental !== undefined,
      ...(incremental === undefined ? {} : { cursorColumn: incremental.column }),
    });
  },

  /**
   * Rows that this program holds: objects, an Arrow table, record batches, or an iterable, also an async one. They are
   * streamed to the cluster when the pipeline is run from its file, so such a pipeline has no schedule, and a run of it
   * is not tried again.
   *
   * @example `source.rows(readSensors(), { schema: { at: 'timestamp', celsius: 'double' } })`
   */
  rows<const S extends SchemaSpec = SchemaSpec>(input: Input, { schema }: Common<S> = {}): Source<S> {
    return { kind: 'source', from: { kind: 'rows', rows: sourceOf(input, schema, loadConfig()) }, incremental: false };
  },

  /**
   * A table or a query of PostgreSQL, read by `COPY` in parallel, all of it as of one moment. `incremental` names a
   * column that only grows: then only rows whose value is greater than any that was loaded before are read.
   * The connection is the secret POSTGRES_URL unless another is given.
   *
   * @example `source.postgres({ table: 'public.orders', incremental: 'updated_at' })`
   */
  postgres<const S extends SchemaSpec = SchemaSpec>({
    schema,
    incremental,
    ...options
  }: Common<S> & { readonly incremental?: string } & WithReferences<
      Optional<Omit<PostgresSourceOptions, 'cursorColumn'>, 'connection'>
    >): Source<S> {
    const growing = incremental === undefined ? {} : { cursorColumn: incremental };
    return connectorSource(
      'postgres',
      { connection: secret('POSTGRES_URL'), ...options, ...growing } as unknown as Json,
      { ...schemaOption(schema), ...growing, incremental: incremental !== undefined },
    );
  },
} as const;

const schemaOption = (schema: SchemaSpec | undefined) => (schema === undefined ? {} : { schema: toSchema(schema) });
