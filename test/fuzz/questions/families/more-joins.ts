import type { Question } from '../query-parts.ts';
import { type Ground, groundOf, oneOf, unordered } from './ground.ts';

/** Joins by names, by several keys, by the nearest row, by conditions of both sides, by keys of two types. */
export function moreJoins(ground: Ground): Question {
  const { parts } = ground;
  const { random } = parts;
  const sides = [ground, groundOf(parts) ?? ground, groundOf(parts) ?? ground];
  const [a = '', b = '', c = ''] = sides.map((side, i) => rowsOf(side, 'abc'[i] ?? ''));
  const outer = random.pick(['', 'LEFT ', 'RIGHT ', 'FULL ', 'INNER ']);
  const half = random.pick(['SEMI', 'ANTI']);
  const near = `ASOF ${random.pick(['', 'LEFT '])}JOIN`;
  const same = random.pick(['=', 'IS NOT DISTINCT FROM']);
  const where = random.pick(['', ' WHERE f > 0', ' WHERE f IS NULL', ' WHERE t IS NOT NULL AND f < 5']);
  return unordered(
    oneOf(parts, 'join questions', {
      natural: () =>
        `SELECT * EXCLUDE (n_a) FROM (SELECT f, t, n_a FROM ${a} WHERE n_a % 3 = 0) NATURAL ${outer}JOIN (SELECT DISTINCT f, t FROM ${b})${where}`,
      'using over three': () =>
        `SELECT f, count(*) AS n, max(n_b) AS b, max(n_c) AS c FROM ${few(a)} ${outer}JOIN ${few(b)} USING (f) ${random.pick(['', 'LEFT ', 'FULL '])}JOIN ${few(c)} USING (f)${where} GROUP BY f`,
      'using two of three': () =>
        `SELECT f, t, n_a, n_b, n_c FROM ${few(a)} ${outer}JOIN ${few(b)} USING (f, t) ${outer}JOIN ${few(c)} USING (f, t)${where}`,
      'a star of using': () => `SELECT * FROM ${few(a)} ${outer}JOIN ${few(b)} USING (f, t)${where}`,
      'full with an inequality': () =>
        `SELECT x.n_a, y.n_b FROM ${few(a)} x FULL JOIN ${few(b)} y ON x.f = y.f AND x.n_a < y.n_b`,
      'outer with a condition of one side': () =>
        `SELECT x.n_a, y.n_b FROM ${few(a)} x ${outer}JOIN ${few(b)} y ON x.f = y.f AND ${random.pick(['x.f > 1', 'y.f > 1', "x.t <> 'east'", 'y.n_b % 2 = 0', 'x.n_a IS NULL'])}`,
      'half by conditions': () =>
        `SELECT x.n_a, x.f FROM ${a} x ${half} JOIN ${few(b)} y ON x.f = y.f AND (x.n_a < y.n_b ${random.pick(['OR', 'AND'])} x.t ${same} y.t)`,
      'half by no equality': () => `SELECT x.n_a FROM ${few(a)} x ${half} JOIN ${few(b)} y ON x.f > y.f OR x.t = y.t`,
      'nearest by one key': () =>
        `SELECT x.n_a, y.n_b FROM ${a} x ${near} ${b} y ON x.f = y.f AND x.n_a ${random.pick(['>=', '>', '<', '<='])} y.n_b`,
      'nearest by two keys': () =>
        `SELECT x.n_a, y.n_b, y.f FROM ${a} x ${near} ${b} y ON x.t = y.t AND x.f = y.f AND x.n_a >= y.n_b`,
      'nearest by using': () => `SELECT f, n_a FROM ${a} x ${near} (SELECT f, n_b AS n_a FROM ${b}) y USING (f, n_a)`,
      'nearest of times': () =>
        `SELECT x.n_a, y.n_b FROM (SELECT *, TIMESTAMP '2020-01-01' + to_minutes(n_a::BIGINT) AS at FROM ${a}) x ${near} (SELECT *, TIMESTAMP '2020-01-01' + to_minutes(3 * n_b::BIGINT) AS at FROM ${b}) y ON x.f = y.f AND x.at >= y.at`,
      'keys of two types': () =>
        `SELECT x.n_a, y.n_b FROM ${few(a)} x ${outer}JOIN ${few(b)} y ON x.f::${random.pick(types)} = y.f::${random.pick(types)}`,
      'computed keys': () =>
        `SELECT x.n_a, y.n_b FROM ${few(a)} x ${outer}JOIN ${few(b)} y ON ${random.pick(['x.f + 1 = y.f', 'x.f = y.n_b % 3', 'upper(x.t) = upper(y.t) AND x.f = y.f', "x.t || '' = y.t AND x.f = y.f", 'x.f - y.f = 0', '(x.f, x.t) = (y.f, y.t)', 'coalesce(x.f, -1) = coalesce(y.f, -1) AND x.t = y.t'])}`,
      'equal nulls': () =>
        `SELECT x.n_a, y.n_b FROM ${few(a)} x ${outer}JOIN ${few(b)} y ON x.f IS NOT DISTINCT FROM y.f AND x.t ${same} y.t`,
      'equal nulls of half': () =>
        `SELECT x.n_a FROM ${a} x ${half} JOIN ${b} y ON x.f IS NOT DISTINCT FROM y.f AND x.t IS NOT DISTINCT FROM y.t`,
      'by a constant': () => `SELECT x.n_a, y.n_b FROM ${few(a)} x ${outer}JOIN ${few(b)} y ON x.f = 1 AND y.f = 1`,
      'by truth': () =>
        `SELECT count(*) AS n, count(x.f) AS f, count(y.f) AS g FROM ${few(a)} x ${outer}JOIN ${few(b)} y ON ${random.pick(['true', 'false', 'NULL', 'x.f = NULL'])}`,
      'a chain of outer joins': () =>
        `SELECT x.n_a, y.n_b, z.n_c FROM ${few(a)} x LEFT JOIN (${few(b)} y ${outer}JOIN ${few(c)} z ON y.f = z.f AND y.n_b <> z.n_c) ON x.f = y.f AND x.t = y.t`,
      'outer made inner': () =>
        `SELECT x.n_a, y.n_b FROM ${few(a)} x ${outer}JOIN ${few(b)} y ON x.f = y.f WHERE ${random.pick(['y.n_b > 2', 'x.n_a > 2 OR y.n_b > 2', 'y.f IS NULL', 'coalesce(y.n_b, 0) = 0', 'x.f = 2', 'x.f IS DISTINCT FROM y.f'])}`,
      'groups joined': () =>
        `SELECT x.f, x.n, y.m FROM (SELECT f, count(*) AS n FROM ${a} GROUP BY f) x ${outer}JOIN (SELECT f, max(n_b) AS m FROM ${b} GROUP BY f) y ON x.f ${same} y.f`,
      'groups of a join': () =>
        `SELECT x.f, y.t, count(*) AS n, count(DISTINCT y.n_b) AS d FROM ${few(a)} x ${outer}JOIN ${few(b)} y ON x.f = y.f GROUP BY ALL`,
      'distinct of a join': () =>
        `SELECT DISTINCT x.f, y.f AS g FROM ${few(a)} x ${outer}JOIN ${few(b)} y ON x.f = y.f AND x.t = y.t`,
      'windows of a join': () =>
        `SELECT x.n_a, y.n_b, row_number() OVER (PARTITION BY x.f ORDER BY x.n_a, y.n_b) AS r FROM ${few(a)} x ${outer}JOIN ${few(b)} y ON x.f = y.f AND x.t = y.t`,
      'sides in commas': () =>
        `SELECT x.n_a, y.n_b, z.n_c FROM ${few(a)} x, ${few(b)} y, ${few(c)} z WHERE x.f = y.f AND y.t = z.t AND x.n_a % 4 = z.n_c % 4`,
      'positions of the first': () =>
        `SELECT x.n_a, y.n_b FROM (SELECT n_a FROM ${a} ORDER BY n_a LIMIT 9) x POSITIONAL JOIN (SELECT n_b FROM ${b} ORDER BY n_b DESC LIMIT 5) y`,
    }),
  );
}

const types = ['BIGINT', 'DOUBLE', 'DECIMAL(9,3)', 'SMALLINT', 'HUGEINT', 'FLOAT'];

/** So that a join of all with all stays small. */
const few = (rows: string): string => {
  const id = /n_[abc]/.exec(rows)?.[0];
  return `(SELECT * FROM ${rows} WHERE ${id} < 20 OR ${id} % 29 = 3 AND ${id} < 1000)`;
};

const rowsOf = ({ id, few: f, text, from }: Ground, side: string): string =>
  `(SELECT ${id} AS n_${side}, ${f} AS f, ${text} AS t FROM ${from})`;
