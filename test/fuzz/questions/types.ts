/** What a column holds, for the generator: which expressions may be made of it. */
export type Kind =
  | 'number'
  | 'boolean'
  | 'text'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'time'
  | 'interval'
  | 'list'
  | 'struct'
  | 'map'
  | 'other';

/** A type with values of it as SQL, extremes among them. */
export interface ValuePool {
  readonly type: string;
  readonly values: readonly string[];
  /** Values survive CSV and NDJSON: the reader finds the type out again. */
  readonly inText?: boolean;
}

const text = (...values: readonly string[]): string[] => values.map((value) => `'${value.replaceAll("'", "''")}'`);
const pool = (type: string, values: readonly string[], inText = false): ValuePool => ({ type, values, inText });

/** Numbers whose sums neither overflow nor cancel: aggregates over them are the same in any order, to 1e-9. */
export const tamePools: readonly ValuePool[] = [
  pool('INTEGER', text('0', '1', '2', '3', '5', '8', '100', '999', '-1', '-7'), true),
  pool('BIGINT', text('0', '1', '4', '9', '16', '25', '400', '1000', '-3'), true),
  pool('DOUBLE', text('0.5', '1.25', '3.1', '7.75', '100.001', '999.9', '0.1'), true),
  pool('FLOAT', text('0.5', '1.1', '2.75', '64', '0.3')),
  pool('DECIMAL(9,2)', text('0.00', '1.25', '-3.10', '77.77', '999.99')),
  pool('DECIMAL(18,3)', text('0.001', '12.5', '-0.125', '1000')),
];

/** One pool per type; `Infinity` of dates, NaN, both zeros, the ends of every range. */
export const wildPools: readonly ValuePool[] = [
  pool('TINYINT', text('-128', '127', '0', '1', '-1')),
  pool('SMALLINT', text('-32768', '32767', '0', '7')),
  pool('INTEGER', text('-2147483648', '2147483647', '0', '42')),
  pool('BIGINT', text('-9223372036854775808', '9223372036854775807', '0', '9007199254740993')),
  pool('UTINYINT', text('0', '255', '128')),
  pool('USMALLINT', text('0', '65535', '9')),
  pool('UINTEGER', text('0', '4294967295', '5')),
  pool('UBIGINT', text('0', '18446744073709551615', '9007199254740993')),
  pool('DECIMAL(4,1)', text('-999.9', '999.9', '0.0', '1.0')),
  pool('DECIMAL(9,4)', text('-99999.9999', '99999.9999', '0')),
  pool('DECIMAL(18,0)', text('-999999999999999999', '999999999999999999', '1')),
  pool('DECIMAL(38,10)', text('-9999999999999999999999999999.9999999999', '0.0000000001', '1')),
  pool('DOUBLE', text('nan', 'inf', '-inf', '0', '-0.0', '1', '1.7976931348623157e308', '5e-324', '-2.5')),
  pool('FLOAT', text('nan', 'inf', '-inf', '-0.0', '0', '1.5', '3.4e38', '1e-40')),
  pool(
    'VARCHAR',
    text('', ' ', 'a', 'A', 'b', "it's", 'éß', '𝄞 clef', '漢字', 'a\tb', '%_', 'NULL', '0', `${'long '.repeat(60)}`),
  ),
  pool('VARCHAR', text('red', 'green', 'blue', 'Red'), true),
  pool('BOOLEAN', ['true', 'false'], true),
  pool('DATE', text('2020-02-29', '1970-01-01', '2026-12-31', '1582-10-15'), true),
  pool('DATE', text('infinity', '-infinity', '5877642-06-25 (BC)', '5881580-07-10', '2000-01-01')),
  pool('TIMESTAMP', text('2020-01-02 03:04:05', '1969-12-31 23:59:59', '2026-03-29 02:30:00'), true),
  pool('TIMESTAMP', text('infinity', '-infinity', '2000-01-01 00:00:00.000001', '294247-01-10 04:00:54.775806')),
  pool('TIMESTAMPTZ', text('2020-01-01 00:00:00+00', '2020-06-01 12:00:00+02', 'infinity', '1900-01-01 00:00:00-05')),
  pool('TIMESTAMP_S', text('2020-01-01 00:00:00', '1960-01-01 00:00:00', '2222-02-02 02:02:02')),
  pool('TIMESTAMP_MS', text('2020-01-01 00:00:00.123', '1960-01-01 00:00:00.001')),
  pool('TIMESTAMP_NS', text('2020-01-01 00:00:00.123456789', '1960-01-01 00:00:00', '2262-04-11 23:47:16.854775806')),
  pool('TIME', text('00:00:00', '23:59:59.999999', '12:34:56')),
  pool('INTERVAL', text('1 month', '30 days', '0 days', '2 hours', '1 day')),
  pool(
    'UUID',
    text(
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    ),
  ),
  pool('BLOB', text('', '\\x00', '\\x00\\xFF', 'abc')),
  pool('INTEGER[]', ['[]', '[1, 2, 3]', '[NULL]', '[1, NULL]', '[2147483647]']),
  pool('VARCHAR[]', ['[]', "['a', '']", "[NULL, 'é']", "['a']"]),
  pool('DOUBLE[]', ["['nan'::DOUBLE, 1]", '[0.5]', '[]']),
  pool('STRUCT(a INTEGER, b VARCHAR)', ["{'a': 1, 'b': 'x'}", "{'a': NULL, 'b': ''}", "{'a': 2, 'b': NULL}"]),
  pool('STRUCT(u STRUCT(v DATE), w INTEGER[])', [
    "{'u': {'v': DATE '2020-01-01'}, 'w': [1]}",
    "{'u': NULL, 'w': NULL}",
  ]),
  pool('JSON', text('{"a": 1}', '{"a":1}', 'null', '[1, 2]', '"x"', '1.0')),
  pool('TIMETZ', text('12:00:00+00', '14:00:00+02', '23:59:59+01')),
  pool("ENUM('zebra', 'ant', '')", text('zebra', 'ant', '')),
  pool('VARCHAR[][]', ["[['a'], []]", '[]', "[['a', NULL]]", '[NULL]']),
  pool('STRUCT(n INTEGER, d DATE)[]', ["[{'n': 1, 'd': '2020-01-01'}]", "[{'n': NULL, 'd': NULL}]", '[NULL]', '[]']),
  pool('MAP(INTEGER, VARCHAR[])', ["MAP {1: ['a']}", 'MAP {}', "MAP {2: NULL, 1: ['b', NULL]}"]),
  pool('DECIMAL(38,0)', text('9999999999999999999999999999', '-1', '0', '170141183460469231731')),
  pool('MAP(VARCHAR, INTEGER)', ["MAP {'a': 1}", "MAP {'a': 1, 'b': NULL}", 'MAP {}']),
];

/** Types that files do not keep: columns of them are made by casts in queries. */
export const castOnly: readonly { readonly from: Kind; readonly type: string }[] = [
  { from: 'number', type: 'VARCHAR' },
  { from: 'boolean', type: 'INTEGER' },
  { from: 'date', type: 'TIMESTAMP' },
  { from: 'date', type: 'VARCHAR' },
  { from: 'timestamp', type: 'DATE' },
  { from: 'timestamp', type: 'VARCHAR' },
  { from: 'interval', type: 'VARCHAR' },
  { from: 'list', type: 'VARCHAR' },
  { from: 'struct', type: 'VARCHAR' },
  { from: 'other', type: 'VARCHAR' },
];

/** What may be compared with a column of this type. */
export function kindOf(type: string): Kind {
  if (/^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$/.test(type)) return 'number';
  if (type.endsWith(']')) return 'list';
  if (type.startsWith('STRUCT')) return 'struct';
  if (type.startsWith('MAP')) return 'map';
  if (type === 'TIMESTAMP WITH TIME ZONE') return 'timestamptz';
  if (type.startsWith('TIMESTAMP')) return 'timestamp';
  if (type === 'VARCHAR') return 'text';
  if (type === 'BOOLEAN' || type === 'DATE' || type === 'TIME' || type === 'INTERVAL')
    return type.toLowerCase() as 'boolean' | 'date' | 'time' | 'interval';
  return 'other';
}
