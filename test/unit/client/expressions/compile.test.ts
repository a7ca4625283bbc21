import assert from 'node:assert/strict';
import { test } from 'node:test';
import { avg, coalesce, col, count, countDistinct, lit, max, min, sql, sum, when } from '../../../../client/index.ts';

const cases: readonly (readonly [{ readonly sql: string }, string])[] = [
  [col('delay').gt(15), '("delay" > 15)'],
  [col('a').eq(col('b')), '("a" = "b")'],
  [col('a').ne('x').and(col('b').lte(-2)).or(col('c')), `((("a" <> 'x') AND ("b" <= (-2))) OR "c")`],
  [col('a').gte(1).not(), '(NOT ("a" >= 1))'],
  [col('a').lt(1.5), '("a" < 1.5e0)'],
  [col('a').between(1, 2), '("a" BETWEEN 1 AND 2)'],
  [col('a').in(['x', "it's"]), `("a" IN ('x', 'it''s'))`],
  [col('a').in([]), 'false'],
  [col('a').isNull(), '("a" IS NULL)'],
  [col('a').isNotNull(), '("a" IS NOT NULL)'],
  [col('a').like('x%'), `("a" LIKE 'x%')`],
  [col('a').ilike('x_'), `("a" ILIKE 'x_')`],
  [col('a').add(1).multiply(col('b')).subtract(2n).divide(3).modulo(4), '((((("a" + 1) * "b") - 2) / 3) % 4)'],
  [col('a').cast('DECIMAL(9,2)'), 'CAST("a" AS DECIMAL(9,2))'],
  [coalesce(col('a'), col('b'), 0), 'coalesce("a", "b", 0)'],
  [when(col('a').gt(1), 'x').otherwise(), `(CASE WHEN ("a" > 1) THEN 'x' ELSE NULL END)`],
  [
    when(col('a'), col('b')).when(col('c'), 2).otherwise(lit(true)),
    '(CASE WHEN "a" THEN "b" WHEN "c" THEN 2 ELSE true END)',
  ],
  [sql`hour(${col('t')}) + ${1}`, '(hour("t") + 1)'],
  [count(), 'count(*)'],
  [count(col('a')), 'count("a")'],
  [countDistinct(col('a')), 'count(DISTINCT "a")'],
  [sum(col('a')).divide(count()), '(sum("a") / count(*))'],
  [avg(col('a')), 'avg("a")'],
  [min(col('a')), 'min("a")'],
  [max(col('a').subtract(1)), 'max(("a" - 1))'],
  [col('a').desc().nullsFirst(), '"a" DESC NULLS FIRST'],
  [col('a').asc().nullsLast(), '"a" ASC NULLS LAST'],
];

test('expressions compile to SQL whose operators are in parentheses', () => {
  for (const [expression, expected] of cases) assert.equal(expression.sql, expected);
});
