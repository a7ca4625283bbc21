import { BooleanColumn, DoubleColumn, IntegerColumn, LongColumn, TextColumn } from './columns.ts';

/** A column that takes JavaScript values, of one of the types that a log may have. */
export interface ValueColumn {
  readonly column: TextColumn | IntegerColumn | LongColumn | DoubleColumn | BooleanColumn;
  /** What `append` takes for a value; undefined if it is none of the type. Null is always taken. */
  convert(value: unknown): unknown;
  append(converted: unknown): void;
}

/** The types that columns of patterns and JSON lines may have. */
export const valueTypes = ['VARCHAR', 'INTEGER', 'BIGINT', 'DOUBLE', 'BOOLEAN', 'TIMESTAMP'] as const;
/** A DuckDB type that JavaScript values are read as. */
export type ValueType = (typeof valueTypes)[number];

const makers: Readonly<Record<ValueType, (rowsMax: number) => ValueColumn>> = {
  VARCHAR: (rowsMax) => {
    const column = new TextColumn(rowsMax);
    const convert = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
    return { column, convert, append: (text) => column.appendText(text as string) };
  },
  INTEGER: (rowsMax) => {
    const column = new IntegerColumn(rowsMax);
    const convert = (value: unknown) => whole(value, -(2 ** 31), 2 ** 31 - 1);
    return { column, convert, append: (value) => column.append(value as number) };
  },
  BIGINT: (rowsMax) => {
    const column = new LongColumn(rowsMax);
    const convert = (value: unknown) => whole(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    return { column, convert, append: (value) => column.append(value as number) };
  },
  DOUBLE: (rowsMax) => {
    const column = new DoubleColumn(rowsMax);
    return { column, convert: numberOf, append: (value) => column.append(value as number) };
  },
  BOOLEAN: (rowsMax) => {
    const column = new BooleanColumn(rowsMax);
    return { column, convert: booleanOf, append: (value) => column.append(value as boolean) };
  },
  TIMESTAMP: (rowsMax) => {
    const column = new LongColumn(rowsMax);
    return { column, convert: microsecondsOf, append: (value) => column.append(value as number) };
  },
};

/** A column under construction for values of a type. @param rowsMax rows of a batch */
export const valueColumn = (type: ValueType, rowsMax: number): ValueColumn => makers[type](rowsMax);

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && !Number.isNaN(number) ? number : undefined;
}

function whole(value: unknown, least: number, greatest: number): number | undefined {
  const number = numberOf(value);
  return number !== undefined && Number.isInteger(number) && number >= least && number <= greatest ? number : undefined;
}

function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

const zone = /(Z|[+-]\d\d:?\d\d)$/i;

/**
 * ISO text, in UTC unless it says otherwise; numbers are seconds since 1970, or milliseconds if they are that large.
 */
function microsecondsOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.round(value * (Math.abs(value) < secondsMax ? 1e6 : 1e3));
  if (typeof value !== 'string') return undefined;
  const ms = Date.parse(zone.test(value) ? value : `${value.replace(' ', 'T')}Z`);
  if (Number.isNaN(ms)) return undefined;
  const finer = /\.\d{3}(\d{1,3})/.exec(value)?.[1] ?? '';
  return ms * 1000 + Number(finer.padEnd(3, '0'));
}

/** The year 5138 as seconds, 1973 as milliseconds. */
const secondsMax = 1e11;
