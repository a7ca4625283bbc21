import { type Forms, type Ground, oneOf } from './ground.ts';

/**
 * Rows that have been joined, grouped, ranked, united or cut before they are asked about. Their columns are plain
 * names, so that whoever groups or joins them by a key finds that they have met by it.
 */
export function based(ground: Ground, other: Ground): Ground {
  const { parts } = ground;
  const alias = parts.name('b');
  const rows = oneOf(parts, 'bases', formsOf(ground, rowsOf(ground), rowsOf(other)));
  const column = (name: string): string => `${alias}.${name}`;
  const conditions = ['f > 1', 'f IS NOT NULL', 'id % 3 <> 1', "t >= 'n'", 'n > 0 OR a IS NULL'];
  return {
    parts,
    from: `(${rows}) AS ${alias}`,
    id: column('id'),
    few: column('f'),
    text: column('t'),
    number: column('n'),
    any: column('a'),
    other: column(parts.random.pick(['f', 'a', 't'])),
    condition: `(${parts.random.pick(conditions).replace(/\b([afnt]|id)\b/g, `${alias}.$1`)})`,
  };
}

const rowsOf = ({ id, few, text, number, any, from }: Ground): string =>
  `(SELECT ${id} AS id, ${few} AS f, ${text} AS t, ${number} AS n, ${any} AS a FROM ${from})`;

/** Each keeps `id` unique. */
function formsOf({ parts: { random } }: Ground, rows: string, other: string): Forms {
  const key = random.pick(['f', 't', 'f, t']);
  const by = key.split(', ').map((name) => `x.${name} = y.${name}`);
  const groups = `(SELECT ${key}, count(*) AS c, max(id) AS m FROM ${other} GROUP BY ${key})`;
  const fine = random.pick(['', ' AND x.id <> y.m', ' AND y.c > 2']);
  return {
    plain: () => `SELECT * FROM ${rows}`,
    'grouped by id': () =>
      `SELECT id, any_value(f) AS f, max(t) AS t, sum(n) IS NULL AS b, min(n) AS n, first(a) AS a FROM ${rows} GROUP BY id`,
    'grouped by all': () => `SELECT id, f, t, n, a, count(*) AS b FROM ${rows} GROUP BY ALL`,
    'groups of a key': () =>
      `SELECT max(id) AS id, f, t, count(*) AS n, bool_or(id > 9) AS a FROM ${rows} GROUP BY f, t`,
    'rows through a function': () => `SELECT id, f, ts_shout(t) AS t, n, a FROM ${rows}`,
    'groups through a function': () =>
      `SELECT id, f, ts_shout(t) AS t, n, a FROM (SELECT max(id) AS id, f, t, count(*) AS n, bool_or(id > 9) AS a FROM ${rows} GROUP BY f, t)`,
    'joined with groups': () =>
      `SELECT x.*, y.c FROM ${rows} x ${random.pick(['', 'LEFT '])}JOIN ${groups} y ON ${by.join(' AND ')}${fine}`,
    'kept by groups': () =>
      `SELECT x.* FROM ${rows} x ${random.pick(['SEMI', 'ANTI'])} JOIN ${groups} y ON ${by.join(' AND ')}${fine}`,
    'in other rows': () =>
      `SELECT * FROM ${rows} WHERE f ${random.pick(['IN', 'NOT IN'])} (SELECT f FROM ${other} WHERE f <> 2)`,
    'ranked by a key': () =>
      `SELECT * EXCLUDE (r) FROM (SELECT *, row_number() OVER (PARTITION BY ${key} ORDER BY id) AS r FROM ${rows}) WHERE r <= ${random.between(1, 20)}`,
    'beside its window': () => `SELECT id, f, t, max(n) OVER (PARTITION BY ${key}) AS n, a FROM ${rows}`,
    cut: () =>
      `SELECT * FROM ${rows} ORDER BY ${random.pick(['id', 'f, id', 't DESC, id'])} LIMIT ${random.between(1, 90)}`,
    united: () =>
      `SELECT id * 2 AS id, f, t, n, a FROM ${rows} UNION ALL SELECT id * 2 + 1, f, t, n, a FROM ${rows} WHERE f > 0`,
    'united with others': () =>
      `SELECT id * 2 AS id, f, t, n::DOUBLE AS n, id % 2 AS a FROM ${rows} UNION ALL SELECT id * 2 + 1, f, t, n::DOUBLE, f FROM ${other}`,
    'less others': () => `SELECT * FROM ${rows} EXCEPT SELECT * FROM ${rows} WHERE f = 1`,
    distinct: () => `SELECT DISTINCT id, f, t, n, a FROM ${rows}`,
    'joined with itself': () =>
      `SELECT x.id, y.f, y.t, x.n, y.a FROM ${rows} x ${random.pick(['', 'LEFT ', 'RIGHT '])}JOIN ${rows} y ON x.id = y.id`,
    'a full join': () =>
      `SELECT coalesce(x.id, -y.id - 1) AS id, coalesce(x.f, y.f) AS f, x.t, y.n, x.a FROM ${rows} x FULL JOIN (SELECT id + ${random.between(1, 50)} AS id, f, n FROM ${other}) y ON x.id = y.id AND x.f = y.f`,
    'with a subquery': () =>
      `SELECT x.id, x.f, x.t, (SELECT count(*) FROM ${other} y WHERE y.f = x.f) AS n, x.a FROM ${rows} x`,
    'a common table': () =>
      `WITH w AS (SELECT * FROM ${rows}), g AS (SELECT f, count(*) AS c FROM w GROUP BY f) SELECT w.* FROM w JOIN g ON w.f = g.f AND g.c > 1`,
  };
}
