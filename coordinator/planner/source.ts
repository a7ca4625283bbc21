import type { ListedPiece } from '../../connectors/contract.ts';
import type { ScanNode } from '../../shared/plan/nodes/scan.ts';
import type { Column, Schema } from '../../shared/schema.ts';
import type { FileRef, Split } from '../../shared/stage/split.ts';

/** A scan whose files were listed and looked into: what the planner knows of it. */
export interface ResolvedSource {
  /** All columns that the scan yields, in their order. */
  readonly schema: Schema;
  readonly files: readonly FileRef[];
  /** The finest pieces to which the files may be cut, in the order of files and rows. */
  readonly splits: readonly SourceSplit[];
  /** What the files say of a column's values, for each split in turn; absent where the format says nothing. */
  readonly statistics?: (column: Column) => readonly SplitStatistics[];
  readonly sample?: Sample;
}

/**
 * How many rows a SELECT over some rows of these splits yields; nothing if it cannot be had.
 *
 * @param columns those that it names, in lower case
 * @param select its text, given the relation to read
 */
export type Sample = (
  splits: readonly SourceSplit[],
  columns: ReadonlySet<string>,
  select: (relation: string) => string,
) => SampleCount | undefined;

export interface SampleCount {
  /** Rows that were looked at. */
  readonly rows: number;
  readonly kept: number;
}

/** Where nothing is kept, the share is less than can be seen: half a row is what may have been missed. */
export const shareOf = ({ rows, kept }: SampleCount): number => Math.min(1, Math.max(0.5, kept) / Math.max(1, rows));

/** Nothing where nothing is known. */
export type SplitStatistics = ColumnStatistics | undefined;

/** What a footer says of a column's values in a row group. */
export interface ColumnStatistics {
  /** As text that DuckDB casts to the column's type: no value is less. Null if unknown. */
  readonly min: string | null;
  /** No value is greater. */
  readonly max: string | null;
  /** `min` and `max` are values of the split, not only bounds of them. */
  readonly exact: boolean;
  readonly allNull: boolean;
  readonly noNull: boolean;
}

/** A split with what it holds, as far as that is known without reading it. */
export interface SourceSplit {
  readonly split: Split;
  /** 0 if unknown. */
  readonly rows: number;
  /** Estimated bytes in memory with all columns. */
  readonly bytes: number;
}

/** What a connector's listing says of an extract: what the planner knows of it. Plain data. */
export interface ResolvedExtract {
  /** The data's columns; those of provenance follow them if the node asks for them. */
  readonly schema: Schema;
  readonly pieces: readonly ListedPiece[];
  readonly deterministic: boolean;
}

/** Resolved extracts by `extractKey`. */
export type Extracts = Readonly<Record<string, ResolvedExtract>>;

/** Resolved sources by `scanKey`. */
export type Sources = ReadonlyMap<string, ResolvedSource>;

/** Equal for scans that read the same files in the same way, wherever they stand in a plan. */
export const scanKey = ({ format, paths, options }: ScanNode): string => JSON.stringify([format, paths, options]);
