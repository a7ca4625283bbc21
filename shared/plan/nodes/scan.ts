import type { Schema } from '../../schema.ts';

/** Reads files. */
export interface ScanNode {
  readonly kind: 'scan';
  readonly format: FileFormat;
  /** Absolute paths; `*`, `?`, `[…]` and `**` are globs, expanded by the coordinator. */
  readonly paths: readonly string[];
  readonly options: ScanOptions;
}

export type FileFormat = 'parquet' | 'csv' | 'ndjson' | 'arrow';

export interface ScanOptions {
  /** Columns and types to read as, instead of what the files say (CSV, NDJSON). */
  readonly schema?: Schema;
  /** Match columns by name over files whose schemas differ; absent ones are null. */
  readonly unionByName?: boolean;
  /** CSV: quoted values may hold newlines, so a file is read in one piece. */
  readonly multiline?: boolean;
  /** CSV: what the sniffer would otherwise find out. */
  readonly delimiter?: string;
  readonly quote?: string;
  readonly escape?: string;
  readonly header?: boolean;
  readonly nullText?: string;
}
