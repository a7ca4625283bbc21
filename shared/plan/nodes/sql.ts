/** A whole SELECT in DuckDB's SQL; files are named in it as `'…/file.parquet'`, with absolute paths. */
export interface SqlNode {
  readonly kind: 'sql';
  readonly text: string;
}
