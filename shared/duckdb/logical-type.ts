import { SheafError } from '../errors.ts';
import { literal, quotedName } from '../sql/text.ts';
import { duckdb } from './native/api.ts';
import type { Address } from './native/library.ts';

/**
 * A column type in DuckDB's words, and in the words in which it travels as Arrow: `ENUM` as its values, and `GEOMETRY`
 * inside lists as text, because DuckDB overruns its memory when it reads more than 2,048 of them from Arrow at once.
 */
export interface TypeText {
  readonly type: string;
  readonly wire: string;
}

/** `AGGREGATE_STATE<…>`, of which the C API does not say more. It travels as BLOB. */
export const aggregateState = 'AGGREGATE_STATE';

const simpleTypes: Readonly<Record<number, string>> = {
  1: 'BOOLEAN',
  2: 'TINYINT',
  3: 'SMALLINT',
  4: 'INTEGER',
  5: 'BIGINT',
  6: 'UTINYINT',
  7: 'USMALLINT',
  8: 'UINTEGER',
  9: 'UBIGINT',
  10: 'FLOAT',
  11: 'DOUBLE',
  12: 'TIMESTAMP',
  13: 'DATE',
  14: 'TIME',
  15: 'INTERVAL',
  16: 'HUGEINT',
  17: 'VARCHAR',
  18: 'BLOB',
  20: 'TIMESTAMP_S',
  21: 'TIMESTAMP_MS',
  22: 'TIMESTAMP_NS',
  27: 'UUID',
  29: 'BIT',
  30: 'TIME WITH TIME ZONE',
  31: 'TIMESTAMP WITH TIME ZONE',
  32: 'UHUGEINT',
  35: 'BIGNUM',
  36: '"NULL"',
  37: 'VARCHAR',
  38: 'INTEGER',
  39: 'TIME_NS',
  41: 'VARIANT',
};

const nestedTypes: Readonly<Record<number, (type: Address, inList: boolean) => TypeText>> = {
  19: (type) => same(`DECIMAL(${duckdb.decimalWidth(type)},${duckdb.decimalScale(type)})`),
  23: (type) => ({
    type: `ENUM(${range(duckdb.enumSize(type), (i) => literal(duckdb.enumValue(type, i))).join(', ')})`,
    wire: 'VARCHAR',
  }),
  24: (type) => around(owned(duckdb.listChild(type), true), (child) => `${child}[]`),
  25: (type, inList) => members('STRUCT', inList, duckdb.structSize(type), type, duckdb.structName, duckdb.structChild),
  26: (type) => {
    const [key, value] = [owned(duckdb.mapKey(type), true), owned(duckdb.mapValue(type), true)];
    return { type: `MAP(${key.type}, ${value.type})`, wire: `MAP(${key.wire}, ${value.wire})` };
  },
  28: (type, inList) => members('UNION', inList, duckdb.unionSize(type), type, duckdb.unionName, duckdb.unionChild),
  33: (type) => around(owned(duckdb.arrayChild(type), true), (child) => `${child}[${duckdb.arraySize(type)}]`),
  40: (type, inList) => {
    const crs = duckdb.geometryCrs(type);
    const geometry = crs === null ? 'GEOMETRY' : `GEOMETRY(${literal(crs)})`;
    return { type: geometry, wire: inList ? 'VARCHAR' : geometry };
  },
};

/**
 * A logical type as text that DuckDB's `CAST` takes, as `DESCRIBE` says it.
 *
 * @throws SheafError `NOT_SUPPORTED` for types that the C API does not describe
 */
function typeText(type: Address, inList = false): TypeText {
  const alias = duckdb.typeAlias(type);
  const id = duckdb.typeId(type);
  if (id === 0) return { type: aggregateState, wire: 'BLOB' }; // the only type of a column that the C API does not know
  if (alias === 'JSON') return same(alias);
  const simple = simpleTypes[id];
  if (simple !== undefined) return same(simple);
  const nested = nestedTypes[id];
  if (nested !== undefined) return nested(type, inList);
  throw new SheafError('NOT_SUPPORTED', `DuckDB's type number ${id} has no name in its C API`, {
    next: 'Cast the column to another type, for example to VARCHAR.',
  });
}

/** The text of a logical type that the caller owns, which is destroyed. */
export function owned(type: Address, inList = false): TypeText {
  try {
    return typeText(type, inList);
  } finally {
    duckdb.destroyType([type]);
  }
}

/** A statement in parentheses: without the semicolon that would end it, its last comment ended by a newline. */
export const asSubquery = (sql: string): string => `(${sql.replace(/(\s*;)+\s*$/, '')}\n)`;

const same = (type: string): TypeText => ({ type, wire: type });

const around = ({ type, wire }: TypeText, put: (child: string) => string): TypeText => ({
  type: put(type),
  wire: put(wire),
});

const range = <T>(count: number, item: (index: number) => T): T[] =>
  Array.from({ length: Number(count) }, (_, i) => item(i));

function members(
  kind: string,
  inList: boolean,
  count: number,
  type: Address,
  nameOf: (type: Address, index: number) => string,
  childOf: (type: Address, index: number) => Address,
): TypeText {
  const all = range(count, (i) => ({ name: quotedName(nameOf(type, i)), ...owned(childOf(type, i), inList) }));
  return {
    type: `${kind}(${all.map(({ name, type }) => `${name} ${type}`).join(', ')})`,
    wire: `${kind}(${all.map(({ name, wire }) => `${name} ${wire}`).join(', ')})`,
  };
}
