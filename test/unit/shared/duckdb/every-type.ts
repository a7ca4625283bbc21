/**
 * Expressions over a row number `i`, one for each type that DuckDB has, nested ones among them. `h` is a hash of it.
 */
const simple: Readonly<Record<string, string>> = {
  boolean: 'h % 2 = 0',
  tinyint: '((h % 256)::INTEGER - 128)::TINYINT',
  smallint: '((h % 65536)::INTEGER - 32768)::SMALLINT',
  integer: '((h % 4294967296)::BIGINT - 2147483648)::INTEGER',
  bigint: '(h::HUGEINT - 9223372036854775808)::BIGINT',
  hugeint: '(h::HUGEINT * 9223372036854775807 - 85070591730234615847396907784232501249)',
  utinyint: '(h % 256)::UTINYINT',
  usmallint: '(h % 65536)::USMALLINT',
  uinteger: '(h % 4294967296)::UINTEGER',
  ubigint: 'h',
  uhugeint: '(h::UHUGEINT * 18446744073709551615::UHUGEINT)',
  float: "if(h % 7 = 0, 'nan', (h % 1000)::VARCHAR)::FLOAT / 3",
  double: "if(h % 7 = 0, '-infinity', h::VARCHAR)::DOUBLE / 3",
  decimal_4_1: '((h % 19998)::INTEGER - 9999)::DECIMAL(9, 1)::DECIMAL(6, 1)',
  decimal_9_2: '((h % 9999999)::INTEGER - 5000000)::DECIMAL(9, 2)',
  decimal_18_6: '(h % 999999999999)::DECIMAL(18, 6)',
  decimal_38_10: '(h % 999999999999)::DECIMAL(38, 10) * -1',
  varchar: "repeat(chr((97 + h % 26)::INTEGER), (h % 20)::INTEGER) || if(h % 3 = 0, 'é𝄞', '')",
  json: `('{"a": ' || (h % 100)::VARCHAR || '}')::JSON`,
  blob: "encode(repeat('ab', (h % 9)::INTEGER)) || '\\x00\\xFF'::BLOB",
  bit: '(h % 1000)::INTEGER::BIT',
  bignum: '(h::VARCHAR || h::VARCHAR || h::VARCHAR)::BIGNUM',
  uuid: 'md5(h::VARCHAR)::UUID',
  date: "DATE '1970-01-01' + ((h % 40000)::INTEGER - 20000)",
  time: "TIME '00:00:00' + to_microseconds((h % 86400000000)::BIGINT)",
  time_ns: "('12:34:56.' || lpad((h % 1000000000)::VARCHAR, 9, '0'))::TIME_NS",
  timetz: "('12:34:56.123456' || if(h % 2 = 0, '+15:59:59', '-03:30'))::TIMETZ",
  timestamp: "TIMESTAMP '2000-01-01' + to_microseconds((h % 1000000000000000000)::BIGINT)",
  timestamp_infinite: "if(h % 2 = 0, 'infinity', '-infinity')::TIMESTAMP",
  timestamp_s: 'make_timestamp((h % 4000000000)::BIGINT * 1000000)::TIMESTAMP_S',
  timestamp_ms: 'make_timestamp((h % 4000000000000)::BIGINT * 1000)::TIMESTAMP_MS',
  timestamp_ns: 'make_timestamp_ns((h % 4000000000000000000)::BIGINT)',
  timestamptz: 'make_timestamp((h % 4000000000000000)::BIGINT)::TIMESTAMPTZ',
  interval: 'to_months((h % 100)::INTEGER) + to_days((h % 50)::INTEGER) + to_microseconds((h % 9000000000000)::BIGINT)',
  enum: "(['low', 'high', 'it''s'])[1 + (h % 3)::INTEGER]::ENUM('low', 'high', 'it''s')",
  geometry: "('POINT(' || (h % 90)::VARCHAR || ' 1)')::GEOMETRY",
  null_only: 'NULL::INTEGER',
};

/** Casts that stand outside of `if`, which knows no arrays. */
const casts: Readonly<Record<string, string>> = {
  array: 'UBIGINT[3]',
  array_of_varchar: 'VARCHAR[2]',
  array_of_list: 'INTEGER[][2]',
};

function nullable(name: string, expression: string, salt: number): string {
  const value = `if(hash(i, ${salt}) % 5 = 0, NULL, ${expression})`;
  return casts[name] === undefined ? value : `CAST(${value} AS ${casts[name]})`;
}

const nested: Readonly<Record<string, string>> = {
  list: 'list_transform(range((h % 5)::BIGINT), lambda x: if((x + h) % 4 = 0, NULL, (x + h % 1000)::BIGINT))',
  list_of_list:
    'list_transform(range((h % 4)::BIGINT), lambda x: if((x + h) % 3 = 0, NULL, list_transform(range(x), lambda y: (x * y)::VARCHAR)))',
  list_of_boolean: 'list_transform(range((h % 11)::BIGINT), lambda x: if((x + h) % 4 = 0, NULL, (x + h) % 3 = 0))',
  list_of_uuid: 'list_transform(range((h % 3)::BIGINT), lambda x: md5((x + h % 1000)::VARCHAR)::UUID)',
  list_of_struct:
    "list_transform(range((h % 4)::BIGINT), lambda x: if((x + h) % 3 = 0, NULL, {'k': x, 'v': if(x = 1, NULL, (h % 77)::VARCHAR)}))",
  list_of_enum: "list_transform(range((h % 4)::BIGINT), lambda x: (['a', 'b'])[1 + (x % 2)]::ENUM('a', 'b'))",
  array: '[h % 10, NULL, h % 100]',
  array_of_varchar: "[(h % 10)::VARCHAR, 'x']",
  array_of_list: '[[h % 10, NULL], NULL]',
  struct:
    "{'a': if(h % 3 = 0, NULL, (h % 100)::INTEGER), 'b': if(h % 4 = 0, NULL, (h % 1000)::VARCHAR), 'c d': h % 2 = 0}",
  struct_of_struct:
    "{'in': if(h % 3 = 0, NULL, {'x': if(h % 5 = 0, NULL, h), 'in': {'y': if(h % 2 = 0, NULL, (h % 9)::VARCHAR)}}), 'l': [{'z': h}]}",
  struct_of_all:
    "{'h': h::HUGEINT, 'd': (h % 1000)::DECIMAL(9, 2), 't': make_timestamp((h % 4000000000000)::BIGINT)::TIMESTAMPTZ, 'e': 'b'::ENUM('a', 'b'), 'iv': to_days((h % 9)::INTEGER)}",
  map: "map_from_entries(list_transform(range((h % 4)::BIGINT), lambda x: {'k': x::VARCHAR, 'v': if(x = 2, NULL, h % 50)}))",
  map_of_list: "map {'a': [h % 3, NULL], 'b': NULL}",
  union:
    "if(h % 2 = 0, union_value(n := (h % 1000)::INTEGER), ('s' || (h % 10)::VARCHAR)::UNION(n INTEGER, s VARCHAR))::UNION(n INTEGER, s VARCHAR)",
};

/** Column expressions by name, each with nulls in it. */
export const everyType: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ ...simple, ...nested }).map(([name, expression], i) => [name, nullable(name, expression, i)]),
);

/** A SELECT of `rows` rows of these columns, beginning at row number `from`. */
export const everyTypeSql = (rows: number, from = 0, columns: readonly string[] = Object.keys(everyType)): string => {
  const list = columns.map((name) => `${everyType[name]} AS "${name}"`).join(',\n  ');
  return `SELECT ${list}\nFROM (SELECT i, hash(i) AS h FROM range(${from}, ${from + rows}) t(i))`;
};
