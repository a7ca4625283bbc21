import type { Question } from '../query-parts.ts';
import { broughtTogether, type Ground, oneOf } from './ground.ts';

/** Columns that are chosen by patterns, stars that are changed, and names that clauses give each other. */
export function stars({ parts, from, id, few, text, any, condition }: Ground): Question {
  const { random } = parts;
  const rows = `(SELECT ${id} AS id, ${few} AS f, ${few} + 1 AS f2, ${text} AS t, ${any} AS a FROM ${from})`;
  const where = random.chance(0.4) ? ' WHERE f > 0 OR f IS NULL' : '';
  const order = random.pick([
    '',
    '',
    ' ORDER BY ALL',
    ' ORDER BY ALL DESC NULLS LAST LIMIT 9',
    ' ORDER BY 1, 2, 3 LIMIT 8',
  ]);
  return broughtTogether(
    parts,
    oneOf(parts, 'star questions', {
      'COLUMNS by a pattern': () => `SELECT id, COLUMNS('^f') FROM ${rows}${where}${order}`,
      'COLUMNS by a lambda': () => `SELECT COLUMNS(c -> c LIKE 'f%' OR c = 'id') FROM ${rows}${where}`,
      'COLUMNS in an expression': () => `SELECT id, COLUMNS('^f') + id AS 'n_\\0' FROM ${rows}${where}`,
      'COLUMNS in aggregates': () =>
        `SELECT t, max(COLUMNS('^f')), count(COLUMNS(* EXCLUDE (t))) FROM ${rows}${where} GROUP BY t`,
      'COLUMNS of a list': () => `SELECT COLUMNS(['id', 't']) FROM ${rows}${where}${order}`,
      'COLUMNS in WHERE': () => `SELECT id FROM ${rows} WHERE COLUMNS('^f') > 0`,
      'COLUMNS unpacked': () =>
        `SELECT id, coalesce(*COLUMNS('^f')) AS c, greatest(*COLUMNS(['id', 'f2'])) AS g FROM ${rows}${where}`,
      'EXCLUDE, REPLACE and RENAME': () =>
        `SELECT * EXCLUDE (a) REPLACE (f * 2 AS f) RENAME (t AS label) FROM ${rows}${where}${order}`,
      'a star that is changed twice': () =>
        `SELECT * EXCLUDE (f2), x.* RENAME (id AS i2) FROM ${rows} x${where}${order}`,
      'stars of two sides': () =>
        `SELECT x.* EXCLUDE (a, t), y.* EXCLUDE (id, a) REPLACE (y.t || '!' AS t) FROM ${rows} x JOIN ${rows} y ON x.id = y.id AND y.f > 0`,
      'a star of using': () =>
        `SELECT * EXCLUDE (a) FROM ${rows} x FULL JOIN (SELECT id + 3 AS id, t AS u FROM ${rows}) y USING (id)`,
      'a star LIKE': () => `SELECT * LIKE 'f%' FROM ${rows}${where}${order}`,
      'a star SIMILAR TO': () => `SELECT * SIMILAR TO '(f|i).*' FROM ${rows}${where}`,
      'a star of groups': () => `SELECT * FROM (SELECT * EXCLUDE (id, a) FROM ${rows}) GROUP BY ALL${order}`,
      'aliases of each other': () =>
        `SELECT id % 5 AS a1, a1 * 2 AS a2, a2 + coalesce(f, 0) AS a3 FROM ${rows} WHERE a1 > 0 AND a3 <> 4${random.pick(['', ' ORDER BY a3, a1, a2'])}`,
      'aliases in groups': () =>
        `SELECT id % 5 AS a1, count(*) AS n, n * 2 AS m, max(f) AS x FROM ${rows} GROUP BY a1 HAVING n > 1 AND m < 1000 ORDER BY n DESC, a1`,
      'aliases in windows': () =>
        `SELECT id % 5 AS a1, row_number() OVER (PARTITION BY a1 ORDER BY id) AS n, n + a1 AS s FROM ${rows} QUALIFY n <= 3 ORDER BY s, a1 DESC`,
      'an alias that hides a column': () => `SELECT id, t AS f, f AS t FROM ${rows} WHERE f > 0 ORDER BY id LIMIT 12`,
      'an alias that hides a key': () => `SELECT f % 2 AS f, count(*) AS n FROM ${rows} GROUP BY f ORDER BY ALL`,
      'places of columns': () => `SELECT #3 AS c, count(*) AS n FROM ${rows} GROUP BY 1`,
      'groups by place': () => `SELECT t, f, count(*) FROM ${rows} GROUP BY 2, 1 ORDER BY 3 DESC, 2, 1 LIMIT 7`,
      'FROM first': () => `FROM ${rows} x SELECT x.f, count(*) AS n WHERE x.id > 2 GROUP BY ALL`,
      'a row as a value': () => `SELECT x AS whole FROM (SELECT id, f FROM ${rows}) x ORDER BY x.id LIMIT 20`,
      'rows as groups': () => `SELECT x, count(*) AS n FROM (SELECT f, t FROM ${rows}) x GROUP BY x`,
      'a prefix alias': () =>
        `SELECT i: id, g: f + 1, t FROM ${rows} WHERE ${random.pick(['i > 3', 'g = 2', 't IS NOT NULL'])}`,
      'a condition below': () =>
        `SELECT * EXCLUDE (a) FROM (SELECT * FROM ${rows} ${random.pick(['', 'ORDER BY id '])}LIMIT 1000000) WHERE f = 1`,
      'a condition above': () => `SELECT id, f FROM ${rows} WHERE id IN (SELECT ${id} FROM ${from} WHERE ${condition})`,
    }),
  );
}
