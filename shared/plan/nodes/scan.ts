import type { Json } from '../../json.ts';
import type { Schema } from '../../schema.ts';
import type { SecretRef } from '../../secrets.ts';

/** Reads files. */
export interface ScanNode {
  readonly kind: 'scan';
  readonly format: FileFormat;
  /** Absolute paths, or `s3://bucket/key`; `*`, `?`, `[…]` and `**` are globs, expanded by the coordinator. */
  readonly paths: readonly string[];
  readonly options: ScanOptions;
  /**
   * In a pipeline: read only files that came since this cursor; null at first. Whoever runs the plan puts the files in
   * its place.
   */
  readonly since?: Json;
}

/** The formats of files that DuckDB or Arrow reads. */
export type FileFormat = 'parquet' | 'csv' | 'ndjson' | 'arrow';

/** How files are read. */
export interface ScanOptions {
  /** Columns and types to read as, instead of what the files say (CSV, NDJSON). */
  readonly schema?: Schema;
  /** Match columns by name over files whose schemas differ; absent ones are null. */
  readonly unionByName?: boolean;
  /** CSV: quoted values may hold newlines, so a file is read in one piece. Default false. */
  readonly multiline?: boolean;
  /** CSV: what the sniffer would otherwise find out. */
  readonly delimiter?: string;
  readonly quote?: string;
  readonly escape?: string;
  readonly header?: boolean;
  /** CSV: the text that means null. */
  readonly nullText?: string;
  /** CSV: further arguments of DuckDB's `sniff_csv`, by their names. */
  readonly reader?: Readonly<Record<string, Json>>;
  /** Which object storage `s3://` paths mean. Default: the environment of the coordinator and of each worker. */
  readonly s3?: ObjectStorage;
}

/** An object storage as plans name it: what is secret stands by its name. */
export interface ObjectStorage {
  /** For example `https://minio.example:9000`. Default: AWS. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKeyId?: SecretRef;
  readonly secretAccessKey?: SecretRef;
  readonly sessionToken?: SecretRef;
  /** Buckets stand in the path, not in the host's name. Default: at endpoints other than AWS's. */
  readonly pathStyle?: boolean;
}
