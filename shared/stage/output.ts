/** Where a task's rows go. */
export type StageOutput =
  | { readonly kind: 'exchange'; readonly partitioning: Partitioning }
  /** One file per task, written under a temporary name and committed by the coordinator when the job ends. */
  | { readonly kind: 'file'; readonly sink: FileSink };

export type Partitioning =
  /** `keys`: what its rows would have been hashed by, were there more of them. */
  | { readonly kind: 'single'; readonly keys?: readonly string[] }
  /** By `(hash(keys) >> 40) % partitions`: DuckDB's own hash tables use the low bits. `keys` are SQL over the last step. */
  | { readonly kind: 'hash'; readonly keys: readonly string[]; readonly partitions: number }
  /**
   * By a sort key: `key` is SQL over the last step that yields a BLOB, `bounds` names an input of one value, the bounds in
   * hex, in order. Rows below the first go to partition 0, and so on: those of a partition sort before those of the next.
   */
  | { readonly kind: 'range'; readonly key: string; readonly bounds: string; readonly partitions: number }
  /** Partition 1 has about one row of every `every`, by their places: a sample. Partition 0 has the others. */
  | { readonly kind: 'sample'; readonly every: number; readonly partitions: 2 }
  /** Batch by batch in turn. Not deterministic unless the input's order is. */
  | { readonly kind: 'roundRobin'; readonly partitions: number };

export interface FileSink {
  readonly format: 'parquet' | 'csv' | 'ndjson' | 'arrow';
  /** Absolute directory of the job's unfinished files; the commit renames it to its final name. */
  readonly stagingDirectory: string;
  /** Further options of DuckDB's COPY, for example `compression`. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
}
