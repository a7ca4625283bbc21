import type { Json } from '../../shared/json.ts';
import type { FileFormat, ObjectStorage, ScanNode, ScanOptions } from '../../shared/plan/nodes/scan.ts';
import { type SchemaSpec, toSchema } from '../../shared/schema.ts';
import { Dataset } from '../dataset/dataset.ts';
import { constant } from '../dataset/draft.ts';
import type { Session } from '../session/session.ts';
import { absolutePaths } from './paths.ts';

/** What every format takes. */
export interface ReadOptions<S extends SchemaSpec = SchemaSpec> {
  /**
   * Columns by name with DuckDB's types. The compiler then checks names and values. CSV and NDJSON are read as these
   * types; Parquet and Arrow files must have such columns. `npx sheaf types FILE` writes it for you.
   */
  readonly schema?: S;
  /** Files whose schemas differ are matched by the columns' names; what a file lacks is null. Default false. */
  readonly unionByName?: boolean;
  /**
   * Which object storage paths like `s3://bucket/key` mean. Default: what the environment of the coordinator and the
   * workers says (`AWS_REGION`, `AWS_ENDPOINT_URL_S3`, `AWS_ACCESS_KEY_ID`, a role). Keys by the names of secrets.
   */
  readonly s3?: ObjectStorage;
}

/** What is not given is found out from the first lines. With `multiline` a file is read in one piece. */
export interface CsvReadOptions<S extends SchemaSpec = SchemaSpec>
  extends ReadOptions<S>,
    Pick<ScanOptions, 'multiline' | 'delimiter' | 'quote' | 'escape' | 'header' | 'nullText'> {}

/** Options of `read.source`. */
export interface SourceReadOptions<S extends SchemaSpec = SchemaSpec> {
  /** Columns by name with DuckDB's types: the source is read as these. Default: what it says of itself. */
  readonly schema?: S;
  /**
   * Also yield where each row came from (`_source`, `_position`), and rows that could not be read, with the reason in
   * `_rejected` and their text in `_raw`. Without, such a row is an error. Default false.
   */
  readonly provenance?: boolean;
}

/**
 * Reads files where the workers see them, and objects (`s3://bucket/key`). Paths may be globs (`*`, `?`, `[…]`, `**`)
 * or lists; relative ones are relative to this process's working directory. Nothing is read before an action runs.
 */
export class Reader {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Parquet files, split by their row groups.
   *
   * @example `cluster.read.parquet('flights/*.parquet')`
   */
  parquet<const S extends SchemaSpec = SchemaSpec>(
    paths: string | readonly string[],
    options: ReadOptions<S> = {},
  ): Dataset<S> {
    return this.#scan('parquet', paths, options);
  }

  /**
   * CSV files, split by lines; compressed ones (`.gz`, `.zst`) are one split each.
   *
   * @example `cluster.read.csv('trips.csv', { schema: { started: 'timestamp', minutes: 'double' } })`
   */
  csv<const S extends SchemaSpec = SchemaSpec>(
    paths: string | readonly string[],
    options: CsvReadOptions<S> = {},
  ): Dataset<S> {
    return this.#scan('csv', paths, options);
  }

  /**
   * Files of one JSON object a line, split by lines.
   *
   * @example `cluster.read.ndjson(['monday.ndjson', 'tuesday.ndjson'])`
   */
  ndjson<const S extends SchemaSpec = SchemaSpec>(
    paths: string | readonly string[],
    options: ReadOptions<S> = {},
  ): Dataset<S> {
    return this.#scan('ndjson', paths, options);
  }

  /**
   * Arrow IPC files or streams, split by their record batches.
   *
   * @example `cluster.read.arrow('readings.arrow')`
   */
  arrow<const S extends SchemaSpec = SchemaSpec>(
    paths: string | readonly string[],
    options: ReadOptions<S> = {},
  ): Dataset<S> {
    return this.#scan('arrow', paths, options);
  }

  /**
   * What a connector reads: an API, a database, logs. A secret stands in the options as `{ $secret: 'name' }`; its
   * value is known to the cluster's machines only.
   *
   * @param connector its name
   * @param options the connector's own
   *
   * @example `cluster.read.source('postgres', { url: { $secret: 'shop' }, table: 'orders' })`
   */
  source<const S extends SchemaSpec = SchemaSpec>(
    connector: string,
    options: Json,
    { schema, provenance = false }: SourceReadOptions<S> = {},
  ): Dataset<S> {
    const columns = schema === undefined ? {} : { schema: toSchema(schema) };
    const node = { kind: 'extract', connector, options, ...columns, provenance } as const;
    return new Dataset<S>(this.#session, constant(node), provenance ? undefined : schema && Object.keys(schema));
  }

  #scan<S extends SchemaSpec>(
    format: FileFormat,
    paths: string | readonly string[],
    { schema, ...rest }: CsvReadOptions<S>,
  ): Dataset<S> {
    const options: ScanNode['options'] = { ...rest, ...(schema === undefined ? {} : { schema: toSchema(schema) }) };
    const node = { kind: 'scan', format, paths: absolutePaths(paths), options } as const;
    return new Dataset<S>(this.#session, constant(node), schema && Object.keys(schema));
  }
}
