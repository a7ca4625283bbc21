import type { Question } from '../query-parts.ts';
import { broughtTogether, type Forms, type Ground, oneOf, unordered } from './ground.ts';

/** Lists, structs and maps: functions of them, lambdas, comprehensions, and rows made of them. */
export function nested(ground: Ground): Question {
  const { parts } = ground;
  const rows = rowsOf(ground);
  return parts.random.chance(0.6)
    ? broughtTogether(parts, oneOf(parts, 'nested questions', values(ground, rows)))
    : unordered(oneOf(parts, 'nested questions', made(ground, rows)));
}

/** `l` a list, `s` a struct with a list of structs, `m` a map. */
const rowsOf = ({ id, few, text, any, number, from }: Ground): string =>
  `(SELECT ${id} AS id, ${few} AS f, ${text} AS t, [${few}, NULL, (${id} % 3)] AS l, {'a': ${any}, 'b': [{'c': ${text}, 'd': ${id} % 4}, {'c': 'z', 'd': NULL}]} AS s, MAP {'k': (${number})::DOUBLE, 'o': ${few}} AS m FROM ${from})`;

function values({ parts }: Ground, rows: string): Forms {
  const { random } = parts;
  const f = (name: string): string => parts.coverage.count('functions', name);
  const where = random.pick([
    '',
    ' WHERE f IS NOT NULL',
    ' WHERE len(l) > 2 AND list_contains(l, 1)',
    " WHERE m['k'] IS NULL OR f > 1",
  ]);
  return {
    lambdas: () =>
      `SELECT id, ${f('list_transform')}(l, lambda x: x + f) AS a, ${f('list_filter')}(l, lambda x, i: x > i - 2 OR x = f) AS b, ${f('list_reduce')}([1, 2, id], lambda x, y: x * 2 + y) AS c FROM ${rows}${where}`,
    'nested lambdas': () =>
      `SELECT id, list_transform(l, lambda x: list_filter([f, 1, x], lambda y: y <= x)) AS a, list_transform(s.b, lambda e: e.d + id) AS b FROM ${rows}${where}`,
    comprehensions: () =>
      `SELECT id, [x * f FOR x IN l IF x IS NOT NULL] AS a, [[y, x] FOR x, y IN [f, id]] AS b, [e.c FOR e IN s.b] AS c FROM ${rows}${where}`,
    'list functions': () =>
      `SELECT id, ${f('list_sort')}(l, 'DESC', 'NULLS FIRST') AS a, ${f('list_distinct')}(l).list_sort() AS b, ${f('list_position')}(l, f) AS c, ${f('list_slice')}(l, 2, 3) AS d, l[-1] AS e, l[1:2] AS g, ${f('list_concat')}(l, [9]) AS h, list_transform(list_zip(l, ['x', t]), lambda z: z[2]) AS i FROM ${rows}${where}`,
    'list aggregates': () =>
      `SELECT id, ${f('list_sum')}(l) AS a, ${f('list_aggregate')}(l, 'string_agg', '-') AS b, ${f('list_unique')}(l) AS c, ${f('list_has_any')}(l, [1, 2]) AS d, ${f('list_intersect')}(l, [1]) AS e, ${f('flatten')}([l, [f]]) AS g, ${f('list_grade_up')}([f, id + 1000]) AS h FROM ${rows}${where}`,
    'struct functions': () =>
      `SELECT id, ${f('struct_insert')}(s, z := f) AS a, s.b[1].c AS b, s['b'][2]['d'] AS c, ${f('struct_extract')}(s, 'a') AS d, ${f('struct_keys')}(s) AS g FROM ${rows}${where}`,
    'map functions': () =>
      `SELECT id, ${f('map_keys')}(m) AS a, ${f('map_values')}(m) AS b, m['k'] AS c, ${f('element_at')}(m, 'none') AS d, ${f('map_concat')}(m, MAP {'k': 0.5::DOUBLE}) AS e, ${f('cardinality')}(m) AS g, ${f('map_entries')}(m) AS h, ${f('map_contains')}(m, 'o') AS i FROM ${rows}${where}`,
    'fields of a struct': () => `SELECT id, s.* FROM ${rows}${where}`,
    'rows of two lists': () =>
      `SELECT id, unnest(l) AS u, unnest([1, f]) AS v FROM ${rows} WHERE id % 3 = 0`.replace(
        'SELECT id',
        "SELECT id || '' AS id",
      ),
    'a filter on parts': () => `SELECT id, s.a AS a FROM ${rows} WHERE s.b[1].d = 1 OR m['o'] = f AND l[3] = 2`,
    'texts to lists': () =>
      `SELECT id, ${f('string_split')}(t, 't') AS a, ${f('array_to_string')}(string_split(t, 'o'), '0') AS b, ${f('regexp_extract_all')}(t, '[a-z]t?') AS c, ${f('list_resize')}(l, 5, -1) AS d, ${f('range')}(f::BIGINT) AS e FROM ${rows}${where}`,
    json: () =>
      `SELECT id, ${f('to_json')}(s)->'b'->0->>'c' AS a, ${f('json_extract')}(to_json(m), '$.o') AS b, ${f('json_array_length')}(to_json(l)) AS c, ${f('json_keys')}(to_json(s)) AS d FROM ${rows}${where}`,
  };
}

/** Rows that lists become, and lists that rows become. */
const made = ({ parts: { random } }: Ground, rows: string): Forms => ({
  'unnested and grouped': () => `SELECT u, count(*) AS n FROM (SELECT unnest(l) AS u FROM ${rows}) GROUP BY u`,
  'unnested structs': () =>
    `SELECT e.c AS c, sum(e.d) AS d, count(*) AS n FROM (SELECT unnest(s.b) AS e FROM ${rows}) GROUP BY 1`,
  'unnested whole': () =>
    `SELECT c, max(d) AS d, count(*) AS n FROM (SELECT unnest(s.b, recursive := true) FROM ${rows}) GROUP BY c`,
  'unnested beside': () =>
    `SELECT r.id, x.u FROM ${rows} r, unnest(r.l) AS x(u) WHERE x.u ${random.pick(['IS NOT NULL', '> 0', '= r.f'])}`,
  'unnested twice': () =>
    `SELECT r.id, x.e.c AS c, y.v FROM ${rows} r, unnest(r.s.b) AS x(e), unnest([x.e.d, r.f]) AS y(v) WHERE r.id % 4 = 1`,
  'unnested in a left join': () =>
    `SELECT r.id, x.u FROM ${rows} r LEFT JOIN unnest(list_filter(r.l, lambda v: v > 1)) AS x(u) ON true`,
  'entries of maps': () =>
    `SELECT e.key AS k, count(e.value) AS n FROM (SELECT unnest(map_entries(m)) AS e FROM ${rows}) GROUP BY 1`,
  'lists of groups': () =>
    `SELECT f, list(t ORDER BY id)[:3] AS a, len(list(DISTINCT t)) AS b, list_sort(list(l[3])) AS c, list_sum(list(id)) AS d FROM ${rows} GROUP BY f`,
  'a map of groups': () =>
    `SELECT f, map_from_entries(list((id, t) ORDER BY id)) AS a, map(list(id ORDER BY id), list(t ORDER BY id)) AS b FROM ${rows} GROUP BY f`,
  'structs of groups': () =>
    `SELECT f, {'n': count(*), 'm': {'x': max(id), 'l': [min(id), sum(id)]}} AS s FROM ${rows} GROUP BY f`,
  'grouped by parts': () =>
    `SELECT s.b[1] AS e, m['o'] AS o, count(*) AS n FROM ${rows} GROUP BY ALL HAVING count(*) > 1`,
  'joined by parts': () =>
    `SELECT a.id, b.f FROM ${rows} a JOIN (SELECT DISTINCT f, l FROM ${rows}) b ON a.l[1] = b.f AND a.l = b.l`,
  'of lists of rows': () =>
    `SELECT f, list_transform(list({'i': id, 't': t} ORDER BY id), lambda x: x.i % 7) AS l FROM ${rows} GROUP BY f`,
  'lists in lists': () =>
    `SELECT g, list(ids ORDER BY ids) AS l FROM (SELECT f % 2 AS g, list(id ORDER BY id) AS ids FROM ${rows} GROUP BY f) GROUP BY g`,
});
