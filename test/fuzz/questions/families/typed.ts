import type { Question } from '../query-parts.ts';
import { broughtTogether, type Forms, type Ground, oneOf } from './ground.ts';

/** Types that files do not keep, or seldom have, with values as they are cast from text or written. */
const pools: Readonly<Record<string, readonly string[]>> = {
  UUID: [
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
    "'00000000-0000-0000-0000-000000000000'",
    "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
  ],
  "ENUM('zebra', 'ant', 'Bee', '')": ["'zebra'", "'ant'", "'Bee'", "''"],
  BIT: ["'1'", "'0'", "'01'", "'10101010101'", "'0000000000'"],
  TIME: ["'00:00:00'", "'23:59:59.999999'", "'24:00:00'", "'12:00:00'"],
  TIMETZ: ["'12:00:00+00'", "'14:00:00+02'", "'00:00:00-15:59'", "'23:59:59+01'"],
  TIMESTAMP_S: ["'2020-01-01 00:00:00'", "'infinity'", "'1960-01-01 00:00:01'"],
  TIMESTAMP_MS: ["'2020-01-01 00:00:00.001'", "'-infinity'", "'1960-01-01 00:00:00.999'"],
  TIMESTAMP_NS: ["'2020-01-01 00:00:00.000000001'", "'2020-01-01 00:00:00'", "'1960-01-01 00:00:00'"],
  TIMESTAMPTZ: ["'2020-01-01 00:00:00+00'", "'2020-01-01 02:00:00+02'", "'infinity'", "'1900-01-01 00:00:00-05'"],
  INTERVAL: ["'1 month'", "'30 days'", "'720 hours'", "'1 day'", "'-1 day'", "'1 year 2 days'"],
  HUGEINT: ["'170141183460469231731687303715884105727'", "'-170141183460469231731687303715884105728'", '0', '1'],
  UHUGEINT: ["'340282366920938463463374607431768211455'", '0', "'18446744073709551616'"],
  BIGNUM: ["'123456789012345678901234567890123456789012345678901234567890'", "'-1'", "'0'"],
  BLOB: ["'\\x00\\xFF'", "''", "'abc'", "'\\x00'"],
  JSON: [`'{"a": 1}'`, `'{"a":1}'`, "'null'", "'[1, 2]'", `'"x"'`, "'1.0'", "'1'"],
  'INTEGER[]': ['[]', '[1]', '[1, NULL]', '[NULL]', '[2, 1]'],
  'INTEGER[2]': ['[1, 2]', '[1, NULL]', '[2, 1]'],
  'VARCHAR[][]': ["[['a'], []]", '[]', "[['a', NULL]]", '[NULL]'],
  'STRUCT(a INTEGER, b VARCHAR)': ["{'a': 1, 'b': 'x'}", "{'a': NULL, 'b': 'x'}", "{'a': 1, 'b': NULL}"],
  'STRUCT(s STRUCT(d DATE, l DOUBLE[]), n INTEGER)[]': [
    "[{'s': {'d': '2020-01-01', 'l': [0.5]}, 'n': 1}]",
    "[{'s': NULL, 'n': 2}]",
    '[NULL]',
    '[]',
  ],
  'MAP(INTEGER, VARCHAR[])': ["MAP {1: ['a']}", 'MAP {}', "MAP {2: NULL, 1: ['b', NULL]}"],
  'UNION(n INTEGER, t VARCHAR)': ['union_value(n := 1)', "union_value(t := 'x')", "union_value(t := '1')"],
  TIME_NS: ["'00:00:00.000000001'", "'23:59:59.999999999'"],
};

/** Each type as key of everything that brings equal or ordered values together. */
export function typed(ground: Ground): Question {
  const { parts } = ground;
  const type = parts.coverage.count('typed', parts.random.pick(Object.keys(pools)));
  const rows = `(SELECT ${ground.id} AS id, ${ground.few} AS f, ${spread(ground, type)} AS v, ${spread(ground, type)} AS w FROM ${ground.from})`;
  return broughtTogether(parts, oneOf(parts, 'typed questions', formsOf(ground, rows, type)));
}

/** A value by a hash of the row. */
function spread({ parts: { random }, id }: Ground, type: string): string {
  const values = (pools[type] ?? []).filter(() => random.chance(0.8)).map((value) => `CAST(${value} AS ${type})`);
  const all = [...values, ...(random.chance(0.6) ? ['NULL'] : []), `CAST(${pools[type]?.[0]} AS ${type})`];
  return `list_extract(list_value(${all.join(', ')}), 1 + (hash(${id}, ${random.between(1, 99)}) % ${all.length})::BIGINT)`;
}

function formsOf({ parts }: Ground, rows: string, type: string): Forms {
  const { random } = parts;
  const kind = random.pick(['JOIN', 'LEFT JOIN', 'FULL JOIN', 'SEMI JOIN', 'ANTI JOIN']);
  const right = kind.startsWith('S') || kind.startsWith('A') ? '' : ', b.id AS other';
  const other = `(SELECT id, v AS u, f FROM ${rows} WHERE id % ${random.between(3, 9)} = 1)`;
  const direction = parts.direction();
  return {
    groups: () => `SELECT v, count(*) AS n, min(w) AS a, max(w) AS z, count(DISTINCT w) AS d FROM ${rows} GROUP BY v`,
    'groups of two': () => `SELECT v, w, count(*) AS n, max(id) AS m FROM ${rows} GROUP BY ALL`,
    'groups of parts': () =>
      `SELECT f, min(v) AS a, max(v) AS z, count(v) AS n, any_value(v ORDER BY id) AS o FROM ${rows} GROUP BY f`,
    'whole groups': () =>
      `SELECT f, list(v ORDER BY id${direction}) AS l, first(v ORDER BY id DESC) AS o, arg_max(v, id) AS m FROM ${rows} GROUP BY f`,
    'arg by it': () =>
      `SELECT f, max(v, 2) AS m, arg_min(id, (v, id)) AS i, arg_max(w, id, 2) AS l FROM ${rows} GROUP BY f`,
    'all rows': () =>
      `SELECT min(v) AS a, max(v) AS z, count(DISTINCT v) AS d, count(v) AS n, list(DISTINCT v ORDER BY v) AS l FROM ${rows}`,
    'distinct rows': () => `SELECT DISTINCT v, f FROM ${rows}`,
    'distinct on': () => `SELECT DISTINCT ON (v) v, id FROM ${rows} ORDER BY v${direction}, id`,
    'sorted and cut': () =>
      `SELECT v, id FROM ${rows} ORDER BY v${direction}, id LIMIT ${random.between(1, 30)} OFFSET ${random.pick([0, 0, 7])}`,
    sorted: () => `SELECT v FROM ${rows} ORDER BY v${direction}, id`,
    joined: () =>
      `SELECT a.id, a.v${right} FROM ${rows} a ${kind} ${other} b ON a.v ${random.pick(['=', 'IS NOT DISTINCT FROM'])} b.u AND a.id % 5 = b.id % 5`,
    'joined by using': () =>
      `SELECT v, count(*) AS n FROM ${rows} a ${random.pick(['', 'LEFT ', 'FULL '])}JOIN (SELECT DISTINCT v, f FROM ${rows}) b USING (v, f) GROUP BY v`,
    'ordered with each other': () =>
      `SELECT count(*) AS n, count(*) FILTER (WHERE a.v < b.u) AS m FROM ${rows} a JOIN ${other} b ON a.v <= b.u AND a.f = b.f`,
    'a window of it': () =>
      `SELECT id, row_number() OVER (PARTITION BY v ORDER BY w${direction}, id) AS n, max(w) OVER (PARTITION BY v) AS m FROM ${rows}`,
    'a window by it': () =>
      `SELECT id, rank() OVER (PARTITION BY f ORDER BY v${direction}) AS n, lag(v) OVER (PARTITION BY f ORDER BY id) AS l, first_value(v IGNORE NULLS) OVER (PARTITION BY f ORDER BY id DESC) AS o FROM ${rows}`,
    sets: () =>
      `SELECT v FROM ${rows} WHERE id % 2 = 0 ${random.pick(['UNION', 'EXCEPT', 'INTERSECT', 'UNION ALL', 'EXCEPT ALL', 'INTERSECT ALL'])} SELECT w FROM ${rows}`,
    'in a subquery': () =>
      `SELECT id, v ${random.pick(['IN', 'NOT IN'])} (SELECT w FROM ${rows} WHERE id % 9 < 3) AS i FROM ${rows}`,
    compared: () => `SELECT id FROM ${rows} WHERE v ${random.pick(['=', '<>', '<', '>=', 'IS DISTINCT FROM'])} w`,
    'with a constant': () =>
      `SELECT id, v FROM ${rows} WHERE v ${random.pick(['=', '<>', '>', 'IS NOT DISTINCT FROM'])} CAST(${random.pick(pools[type] ?? [])} AS ${type})`,
    // DuckDB makes maps that have a month and 30 days as keys, which its own reader of maps calls one key twice.
    counted: () =>
      `SELECT histogram(v${type === 'INTERVAL' ? '::VARCHAR' : ''}) AS h, approx_count_distinct(v) AS d, mode(v ORDER BY id) IS NULL AS o FROM ${rows}`,
    'sets of groups': () =>
      `SELECT v, f, grouping(v, f) AS g, count(*) AS n FROM ${rows} GROUP BY ${random.pick(['ROLLUP', 'CUBE'])} (v, f)`,
    'as texts': () => `SELECT v::VARCHAR AS t, count(*) AS n FROM ${rows} GROUP BY 1`,
    'in a struct': () => `SELECT {'v': v, 'l': [w, v]} AS s, count(*) AS n FROM ${rows} GROUP BY 1`,
    'beside other types': () => `SELECT v, id FROM ${rows} UNION ALL BY NAME SELECT f, w FROM ${rows} WHERE f = 1`,
  };
}
