import { quotedName } from '../../../shared/sql/text.ts';
import type { Random } from '../../simulation/random.ts';
import type { Coverage } from './coverage.ts';
import { Expressions } from './expressions.ts';
import { pivotShapes } from './pivots.ts';
import type { Query, Relation } from './query-parts.ts';

/** SELECTs of shapes that do not go well inside others; their columns are not spoken of. */
export function oddShape(random: Random, relation: Relation, other: Relation, coverage: Coverage): Query {
  const scalars = new Expressions(random, relation.columns, coverage);
  const exact = relation.columns.filter(({ inexact }) => !inexact);
  const texts = exact.filter(({ kind }) => kind === 'text').map(({ sql }) => sql);
  const text = texts.length === 0 ? "'t'" : random.pick(texts);
  const tame = exact.filter(({ kind, wild }) => kind === 'number' && !wild).map(({ sql }) => sql);
  const number = tame.length === 0 ? '1' : random.pick(tame);
  const unique = exact.find((column) => column.unique)?.sql;
  const any = scalars.key().sql;
  const { from } = relation;
  // DuckDB refuses ASOF joins that are repeated, and may end the process as it does.
  const repeated = [other, relation].find((each) => !each.from.includes('ASOF'));
  const again =
    repeated === undefined ? 'SELECT 1 AS o' : `SELECT ${repeated.columns[0]?.sql ?? '1'} AS o FROM ${repeated.from}`;
  const shapes: Readonly<Record<string, string>> = {
    ...pivotShapes(random, { from, other: other.from, text, number, any }),
    unpivot: `UNPIVOT (SELECT ${number}::DOUBLE AS a, abs(${number})::DOUBLE AS b FROM ${from}) ON a, b INTO NAME name VALUE value`,
    recursive: `WITH RECURSIVE r(n, total) AS (SELECT 1, (SELECT count(*) FROM ${from}) UNION SELECT (n + 1) % 9, total FROM r WHERE n < 5) SELECT * FROM r`,
    'recursive over a table': `WITH RECURSIVE r AS (SELECT ${unique ?? '1'} AS n, 0 AS depth FROM ${from} UNION SELECT (n + 1) % 50, (depth + 1) % 5 FROM r JOIN (${again}) t ON (t.o = r.n) WHERE depth < 3) SELECT depth, count(*) AS c, count(DISTINCT n) AS d FROM r GROUP BY depth`,
    'unpivot with nulls': `SELECT name, count(*) AS n, count(value) AS v FROM (SELECT nullif(${number}, 2)::DOUBLE AS a, ${number}::DOUBLE AS b FROM ${from}) UNPIVOT INCLUDE NULLS (value FOR name IN (a, b)) GROUP BY name`,
    'sample of all': `SELECT count(*) AS n, count(DISTINCT v) AS d FROM (SELECT ${any} AS v FROM ${from}) AS s TABLESAMPLE ${random.pick(['100%', 'BERNOULLI(100%)', 'SYSTEM(100%)', 'BERNOULLI(0%)'])}`,
    'unnest with structs': `SELECT unnest(s, recursive := true) FROM (SELECT {'a': ${any}, 'b': {'c': ${text}}} AS s FROM ${from})`,
    'unnest with places': `SELECT ${unique ?? '1'} AS i, unnest([${any}, NULL]) AS u, generate_subscripts([1, 2], 1) AS p FROM ${from}`,
    'lateral series': `SELECT i, s FROM (SELECT ${unique ?? '1'} AS i, abs(${number})::INTEGER % 4 AS m FROM ${from}) a, LATERAL (SELECT s FROM range(a.m) t(s))`,
    'materialized with': `WITH m AS MATERIALIZED (SELECT ${any} AS v, count(*) AS n FROM ${from} GROUP BY 1) SELECT a.n, b.n AS o FROM m a JOIN m b ON a.v IS NOT DISTINCT FROM b.v`,
    'with read again': `WITH m AS (SELECT ${any} AS v, count(*) AS n FROM ${from} GROUP BY 1) SELECT v, n FROM m WHERE n >= (SELECT avg(n) FROM m)`,
    'with beside itself': `WITH m AS (SELECT ${text} AS v, count(*) AS n FROM ${from} GROUP BY 1), o AS (SELECT v, n FROM m WHERE n > 1) SELECT a.v, a.n, b.n AS p FROM o a LEFT JOIN m b ON a.n < b.n AND b.v IS NOT NULL`,
    'with in a union': `WITH m AS (SELECT DISTINCT ${any} AS v FROM ${from}) SELECT v, 1 AS s FROM m UNION ALL SELECT v, 2 FROM m WHERE v IS NOT NULL UNION ALL SELECT NULL, count(*) FROM m`,
    'with over with': `WITH a AS (SELECT ${any} AS v, count(*) AS n FROM ${from} GROUP BY 1), b AS (SELECT v, n, rank() OVER (ORDER BY n) AS r FROM a), c AS (SELECT max(a.n) AS n FROM a JOIN b ON a.v IS NOT DISTINCT FROM b.v) SELECT b.v, b.r, (SELECT n FROM c) AS m FROM b WHERE EXISTS (SELECT 1 FROM a WHERE a.n = b.n AND a.v IS DISTINCT FROM b.v) OR b.n IN (SELECT n FROM c)`,
    'with correlated': `WITH m AS (SELECT ${text} AS v, count(*) AS n FROM ${from} GROUP BY 1) SELECT a.v, (SELECT max(b.n) FROM m b WHERE b.n < a.n) AS below, (SELECT count(*) FROM m b WHERE b.v = a.v) AS same FROM m a`,
    'with under other names': `WITH m(a, b) AS (SELECT ${any}, count(*) FROM ${from} GROUP BY 1) SELECT x.c, x.b, y.e FROM m AS x(c) JOIN m AS y(d, e) ON x.c IS NOT DISTINCT FROM y.d WHERE e > 1`,
    'scalar in list': `SELECT (SELECT max(${number}) FROM ${from}) AS m, ${other.columns[0]?.sql} AS v FROM ${other.from}`,
    'lateral top': `SELECT a.id, t.* FROM (SELECT ${unique ?? '1'} AS id, ${any} AS v FROM ${from}) a, LATERAL (SELECT a.id + 1 AS next) t`,
    values: `SELECT v.x, count(*) AS n FROM (VALUES (1, 'east'), (2, NULL), (3, 'west')) v(x, y) LEFT JOIN ${from} ON (v.y = ${text}) GROUP BY v.x`,
    // Frames of rows need an order that ties cannot change.
    'window frame':
      unique === undefined
        ? `SELECT count(*) OVER w AS n FROM ${from} WINDOW w AS (PARTITION BY ${text})`
        : `SELECT ${unique} AS id, count(*) OVER w AS n, max(${number}) OVER w AS m FROM ${from} WINDOW w AS (PARTITION BY ${text} ORDER BY ${unique} ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW)`,
    'window range': `SELECT sum(${number}) OVER (PARTITION BY ${text} ORDER BY ${number} RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM ${from}`,
    'window over groups': `SELECT ${text} AS t, count(*) AS n, rank() OVER (ORDER BY count(*) DESC) AS r FROM ${from} GROUP BY 1`,
    'rows as structs': `SELECT s, count(*) AS n FROM (SELECT {'a': ${any}, 'b': ${text}} AS s FROM ${from}) GROUP BY s`,
    'struct access': `SELECT s.a AS x, s['b'] AS y FROM (SELECT {'a': ${any}, 'b': ${text}} AS s FROM ${from}) WHERE s.b IS NOT NULL`,
    'list filter': `SELECT [x FOR x IN [${number}, 2, NULL] IF x > 1] AS l, list_sum([${number}, 1]) AS m FROM ${from}`,
    'all of': `SELECT ${any} AS v FROM ${from} WHERE ${number} >= ALL (SELECT 1)`,
    'rows in': `SELECT ${any} AS v FROM ${from} WHERE (${number}, ${text}) IN ((1, 'east'), (2, 'north'), (0, ''))`,
    collate: `SELECT ${text} AS v, count(*) AS n FROM ${from} GROUP BY ${text} ORDER BY ${text} COLLATE NOCASE, ${text}`,
    'with ties of all': `SELECT count(*) AS n FROM (SELECT ${any} FROM ${from} EXCEPT SELECT ${any} FROM ${from})`,
    unnest: `SELECT i, u FROM (SELECT ${unique ?? '1'} AS i, [${any}, NULL] AS l FROM ${from}), unnest(l) AS t(u)`,
    'nested aggregate': `SELECT max(n) AS m, count(*) AS c FROM (SELECT ${any}, count(*) AS n FROM ${from} GROUP BY 1 HAVING count(*) > 1)`,
    'filtered union': `SELECT v, count(*) AS n FROM (SELECT ${text} AS v FROM ${from} UNION ALL SELECT 'x' FROM ${other.from}) GROUP BY v HAVING v IS NOT NULL`,
    'exists twice': `SELECT count(*) AS n FROM ${from} WHERE EXISTS (SELECT 1 FROM ${other.from}) AND NOT EXISTS (SELECT 1 FROM ${other.from} WHERE false)`,
    'not in nulls': `SELECT count(*) AS n FROM ${from} WHERE ${number} NOT IN (SELECT NULL::INTEGER FROM ${other.from} UNION ALL SELECT 7)`,
    'values only': `SELECT * FROM (VALUES (1, NULL), (NULL, 'z')) v(a, b) WHERE a IS NOT NULL OR ${random.pick(['b IS NULL', 'true'])}`,
    'range join': `SELECT count(*) AS n FROM ${from} JOIN (SELECT DISTINCT r AS r FROM range(4) t(r)) x ON (${number} > x.r AND ${number} < x.r + 2)`,
    'sum over': `SELECT ${unique ?? '1'} AS id, sum(${number}::DECIMAL(18,2)) OVER (PARTITION BY ${text}) AS s FROM ${from}`,
    'group by all': `SELECT ${text} AS t, ${number} % 3 AS m, count(*) AS n, sum(${number}) AS s FROM ${from} GROUP BY ALL`,
    'limit percent': `SELECT count(*) AS n FROM (SELECT 1 FROM ${from} LIMIT 50 PERCENT)`,
    summarise: `SELECT count(*) FILTER (WHERE ${text} = 'east') AS a, count(DISTINCT ${any}) AS b, any_value(1) AS c FROM ${from}`,
    'an error in every row': `SELECT CAST('x' || ${text} AS INTEGER) AS v FROM ${from}`,
    'an overflow': `SELECT sum(${number}) AS s, max(9223372036854775807 + (abs(${number})::BIGINT + 1)) AS o FROM ${from}`,
    'an unknown column': `SELECT nowhere FROM ${from}`,
    'wrong types': `SELECT ${text} + INTERVAL 1 DAY + [1] FROM ${from}`,
  };
  const name = coverage.count('shapes', random.pick(Object.keys(shapes)));
  const columns = ['out'].map((column) => ({
    name: column,
    sql: quotedName(column),
    kind: 'other' as const,
    wild: true,
    inexact: true,
    unique: false,
  }));
  return { sql: shapes[name] ?? '', columns };
}
