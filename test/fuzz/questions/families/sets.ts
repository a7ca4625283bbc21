import type { Question } from '../query-parts.ts';
import { type Ground, groundOf, oneOf, unordered } from './ground.ts';

const operators = ['UNION', 'UNION ALL', 'INTERSECT', 'INTERSECT ALL', 'EXCEPT', 'EXCEPT ALL'] as const;

/** Set operations in set operations, ordered and cut inside and out, VALUES, and WITH that is read more than once. */
export function sets(ground: Ground): Question {
  const { parts } = ground;
  const { random } = parts;
  const other = groundOf(parts) ?? ground;
  const sides = [ground, other, random.chance(0.5) ? ground : other];
  const [a = '', b = '', c = ''] = sides.map((side) => sideOf(side));
  const op = (): string => random.pick(operators);
  const total = random.pick(['ORDER BY 1, 2', 'ORDER BY 2 DESC, 1', 'ORDER BY ALL', 'ORDER BY f NULLS FIRST, t DESC']);
  const cut = `${total} LIMIT ${random.between(0, 25)}${random.pick(['', ' OFFSET 3'])}`;
  const same = ' WHERE f IS NOT NULL';
  return unordered(
    oneOf(parts, 'set questions', {
      'three sides': () => `${a} ${op()} ${b} ${op()} ${c}`,
      'three sides in parentheses': () => `${a} ${op()} (${b} ${op()} ${c})`,
      'ordered and cut outside': () => `${a} ${op()} ${b} ${cut}`,
      'cut inside': () => `(${a} ${cut}) ${op()} (${b} ${cut})`,
      'cut inside and out': () => `SELECT * FROM ((${a} ${cut}) ${op()} ${b}) ${cut}`,
      'sets of groups': () => `SELECT f, count(*) AS n FROM (${a} ${op()} ${b}) GROUP BY f`,
      'groups in sets': () =>
        `SELECT f, count(*) AS t FROM (${a}) GROUP BY f ${op()} SELECT f, count(*) FROM (${b}) GROUP BY f`,
      'by name': () =>
        `SELECT f, t FROM (${a}) UNION ${random.pick(['', 'ALL '])}BY NAME SELECT t, 1 AS more FROM (${b})${random.pick(['', ` UNION ALL BY NAME SELECT 2.5 AS f, 'x' AS more FROM (${c})`])}`,
      'values beside': () => `${a} ${op()} VALUES (1, 'east'), (NULL, ''), (2, 'north')`,
      'joined values': () =>
        `SELECT s.f, s.t, v.y FROM (${a}) s ${random.pick(['', 'LEFT ', 'FULL '])}JOIN (VALUES (1, 'one'), (2, 'two'), (NULL, 'none')) v(x, y) ON s.f ${random.pick(['=', 'IS NOT DISTINCT FROM'])} v.x`,
      'filtered from above': () =>
        `SELECT * FROM (${a} ${op()} ${b} ${op()} ${c}) WHERE f ${random.pick(['= 1', '> 0', 'IS NULL'])}`,
      'a set in IN': () =>
        `SELECT f, t FROM (${a}) WHERE f ${random.pick(['IN', 'NOT IN'])} (SELECT f FROM (${b})${same} ${op()} SELECT f FROM (${c})${same})`,
      'a set as a side': () =>
        `SELECT x.f, count(*) AS n FROM (${a} ${op()} ${b}) x JOIN (SELECT DISTINCT f, t FROM (${c})) y ON x.f = y.f AND x.t = y.t GROUP BY 1`,
      'a count of a set': () => `SELECT (SELECT count(*) FROM (${a} ${op()} ${b})) AS n, f FROM (${c})`,
      'WITH read by conditions': () =>
        `WITH w AS (${random.pick([a, `SELECT f, t, count(*) AS n FROM (${a}) GROUP BY ALL`])}) SELECT f, t FROM w WHERE f = 1 UNION ALL SELECT f, t FROM w WHERE t IS NOT NULL AND f > 1 UNION ALL SELECT max(f), min(t) FROM w`,
      'WITH joined with itself': () =>
        `WITH w AS (SELECT f, t, count(*) AS n FROM (${a}) GROUP BY ALL) SELECT x.f, x.t, y.n FROM w x LEFT JOIN w y ON x.f = y.f + 1 AND x.t = y.t WHERE x.n >= (SELECT min(n) FROM w WHERE f IS NOT NULL)`,
      'WITH that hides a WITH': () =>
        `WITH w AS (${a}), v AS (WITH w AS (${b} ${cut}) SELECT * FROM w) SELECT f, t FROM v ${op()} SELECT f, t FROM w`,
      'WITH in a subquery of its name': () =>
        `WITH w AS (${a}) SELECT * FROM (WITH w AS (SELECT f, t FROM w WHERE f > 0) SELECT count(*) AS n FROM w) x, (SELECT count(*) AS m FROM w) y`,
      'WITH over a set': () =>
        `WITH w AS (${a} ${op()} ${b}), v AS (SELECT f, count(*) AS n FROM w GROUP BY f) SELECT v.f, v.n, (SELECT count(*) FROM w WHERE w.f = v.f) AS m FROM v`,
      'WITH materialized or not': () =>
        `WITH w AS ${random.pick(['MATERIALIZED', 'NOT MATERIALIZED'])} (${a} ${op()} ${b}) SELECT * FROM w WHERE f < 3 ${op()} SELECT * FROM w WHERE t > 'a'`,
      'recursion over a set': () =>
        `WITH RECURSIVE r AS (SELECT f, 0 AS d FROM (${a}) WHERE f IS NOT NULL UNION SELECT r.f + 1, d + 1 FROM r JOIN (SELECT DISTINCT f FROM (${b})) s ON s.f = r.f WHERE d < 3) SELECT f, d FROM r`,
      'distinct over a union': () => `SELECT DISTINCT t FROM (${a} UNION ALL ${b} UNION ALL ${c})`,
      'top of a union': () => `SELECT * FROM (${a} UNION ALL ${b}) ${cut}`,
      'windows over a union': () => `SELECT f, t, count(*) OVER (PARTITION BY f) AS n FROM (${a} UNION ALL ${b})`,
    }),
  );
}

/** Two columns, in either number type. */
function sideOf({ parts: { random }, few, text, from, condition }: Ground): string {
  const f = random.pick([few, `(${few})::DOUBLE`, `(${few})::SMALLINT`, `(${few})::DECIMAL(12,2)`]);
  const where = random.chance(0.5) ? ` WHERE ${condition}` : '';
  return `SELECT ${random.pick(['', '', 'DISTINCT '])}${f} AS f, ${text} AS t FROM ${from}${where}`;
}
