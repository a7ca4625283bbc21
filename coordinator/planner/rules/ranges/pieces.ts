import type { Column } from '../../../../shared/schema.ts';
import type { Split } from '../../../../shared/stage/split.ts';
import type { ColumnStatistics } from '../../source.ts';
import type { Scanned } from '../../stages/scanned.ts';

/** A value of a key, such that JavaScript's order is DuckDB's. */
export type KeyValue = bigint | string;

/** A piece of a file whose values of a column lie between bounds, without nulls. */
export interface KeyedPiece {
  readonly split: ParquetSplit;
  /** Roughly, of the columns that are read. */
  readonly bytes: number;
  readonly min: KeyValue;
  readonly max: KeyValue;
}

type ParquetSplit = Extract<Split, { kind: 'parquet' }>;

/** The scan's pieces with their bounds, if the files say them of every one. */
export function keyedPieces({ source, splits, share }: Scanned, column: Column): readonly KeyedPiece[] | undefined {
  const statistics = isKey(column) ? source.statistics?.(column) : undefined;
  if (statistics === undefined) return undefined;
  const of = new Map(source.splits.map((split, i) => [split.split, statistics[i]]));
  const pieces = splits.map(({ split, bytes }) => pieceOf(split, bytes * share, of.get(split), column.type));
  return pieces.every((piece) => piece !== undefined) ? pieces : undefined;
}

function pieceOf(
  split: Split,
  bytes: number,
  statistics: ColumnStatistics | undefined,
  type: string,
): KeyedPiece | undefined {
  if (split.kind !== 'parquet' || !statistics?.noNull) return undefined;
  const [min, max] = [keyValue(statistics.min, type), keyValue(statistics.max, type)];
  return min === undefined || max === undefined ? undefined : { split, bytes, min, max };
}

const integer = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$/;
const time = /^(DATE|TIMESTAMP)$/;
const timeText = /^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d+)?)?$/;

/** Statistics of others are not even read. */
const isKey = ({ type }: Column): boolean => integer.test(type) || time.test(type);

function keyValue(text: string | null, type: string): KeyValue | undefined {
  if (text === null) return undefined;
  if (integer.test(type)) return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
  return time.test(type) && timeText.test(text) ? text : undefined;
}

export const valueSql = (value: KeyValue, type: string): string =>
  typeof value === 'bigint' ? `${value}` : `'${value}'::${type}`;
