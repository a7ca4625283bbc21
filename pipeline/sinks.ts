import type { DuckdbSinkOptions } from '../connectors/duckdb/options.ts';
import type { SinkOptions as FilesOptions } from '../connectors/files/options.ts';
import type { PostgresSinkOptions } from '../connectors/postgres/options.ts';
import type { RedshiftSinkOptions } from '../connectors/redshift/options.ts';
import type { Json } from '../shared/json.ts';
import { locationOf } from './locations.ts';
import { secret } from './references.ts';
import { connectorSink, type Sink } from './sink.ts';
import type { WithReferences } from './with-references.ts';

/** Of a sink that rows are added to, or whose rows they replace. */
interface Plain {
  readonly mode?: 'append' | 'replace';
}

/** For sinks that tell rows apart by a key: a row with the same key is replaced. */
interface Merge<Key extends string> {
  readonly mode: 'merge';
  readonly key: readonly [Key, ...Key[]];
}

type AnyMode = Plain | Merge<string>;
type Rest<Options> = WithReferences<Partial<Omit<Options, 'table' | 'path' | 'mode' | 'key'>>>;
type With<Options, Needed extends keyof Options> = Rest<Options> & WithReferences<Pick<Options, Needed>>;
type Staged = With<RedshiftSinkOptions, 'stage' | 'iamRole'>;

function postgres(table: string, options?: Plain & Rest<PostgresSinkOptions>): Sink<never>;
function postgres<const Key extends string>(table: string, options: Merge<Key> & Rest<PostgresSinkOptions>): Sink<Key>;
function postgres(table: string, options: AnyMode = {}): Sink<never> {
  return tableSink('postgres', { connection: secret('POSTGRES_URL'), table }, options);
}

function redshift(table: string, options: Plain & Staged): Sink<never>;
function redshift<const Key extends string>(table: string, options: Merge<Key> & Staged): Sink<Key>;
function redshift(table: string, options: AnyMode & Staged): Sink<never> {
  return tableSink('redshift', { connection: secret('REDSHIFT_URL'), table }, options);
}

function duckdb(path: string, table: string, options?: Plain & Rest<DuckdbSinkOptions>): Sink<never>;
function duckdb<const Key extends string>(
  path: string,
  table: string,
  options: Merge<Key> & Rest<DuckdbSinkOptions>,
): Sink<Key>;
function duckdb(path: string, table: string, options: AnyMode = {}): Sink<never> {
  return tableSink('duckdb', { path: locationOf(path), table }, options);
}

function files<const Column extends string = never>(
  path: string,
  options: Plain & { readonly partitionBy?: readonly Column[] } & WithReferences<
      Partial<Omit<FilesOptions, 'path' | 'mode' | 'partitionBy'>>
    > = {},
): Sink<Column> {
  return connectorSink('files', { path: locationOf(path), ...options } as unknown as Json);
}

const tableSink = (connector: string, place: object, options: AnyMode): Sink<never> =>
  connectorSink(connector, { ...place, mode: 'append', ...options } as unknown as Json);

/** Where rows go. A run loads each of them once, whatever happens on the way. */
export const sink = {
  /**
   * A table of PostgreSQL, made if it is not there. Rows and the record that this run loaded them appear in one
   * transaction: loading twice is impossible. The connection is the secret POSTGRES_URL unless another is given.
   *
   * @example `sink.postgres('requests', { mode: 'merge', key: ['request_id'] })`
   */
  postgres,
  /**
   * A table of Amazon Redshift: Parquet is staged under `stage` on S3, copied and merged in one transaction. The
   * connection is the secret REDSHIFT_URL unless another is given.
   *
   * @example `sink.redshift('requests', { stage: 's3://warehouse/staging', iamRole: 'default' })`
   */
  redshift,
  /**
   * A table in a DuckDB file.
   *
   * @example `sink.duckdb('warehouse.duckdb', 'requests', { mode: 'replace' })`
   */
  duckdb,
  /**
   * Files in a directory or under an `s3://` prefix: Parquet unless another format is given, with a folder for each
   * value of the columns in `partitionBy`.
   *
   * @example `sink.files('s3://warehouse/requests', { partitionBy: ['day'] })`
   */
  files,
} as const;
