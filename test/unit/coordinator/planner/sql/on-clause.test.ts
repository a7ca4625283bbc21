/**
 * Subqueries in the conditions of joins, and values that connect two relations: against DuckDB, as planned and adapted.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { assertAsDuckDb } from '../../../../support/planner/as-duckdb.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const p = bench.file(
  'p.parquet',
  `SELECT i, i % 7 AS k, 'v' || (i % 5) AS s, CASE WHEN i % 11 = 0 THEN NULL ELSE i % 31 END AS n
   FROM range(3000) t(i)`,
);
const q = bench.file(
  'q.parquet',
  `SELECT i::SMALLINT AS i, i % 5 AS k, CASE WHEN i % 9 = 0 THEN NULL ELSE i % 40 END AS n FROM range(700) t(i)`,
);
const r = bench.file('r.csv', 'SELECT i AS k, i * 1.5 AS w FROM range(30) t(i)');
const none = bench.file('none.parquet', 'SELECT i, i AS n, i AS k FROM range(10) t(i) WHERE i < 0');

const families: Readonly<Record<string, readonly string[]>> = {
  'in ON': [
    `select count(*), sum(a.i), sum(b.i) from '${p}' a join '${q}' b on a.i = b.i and a.n in (select k from '${r}' where k < 9)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a join '${q}' b on a.i = b.i and a.n not in (select k from '${r}' where k < 9)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a join '${q}' b on a.i = b.i and b.n > (select avg(k) from '${r}')`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a join '${q}' b on a.i = b.i and exists (select 1 from '${r}' r where r.k = b.n and r.k > a.k)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a join '${q}' b on a.i = b.i and not exists (select 1 from '${r}' r where r.k = b.n)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a join '${q}' b on a.i = b.i and (exists (select 1 from '${r}' r where r.k = b.n) or a.k = 3)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a join '${q}' b on a.i = (select max(x.i) from '${q}' x where x.k = b.k)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a join '${q}' b on a.k = b.k and b.i = (select max(x.i) from '${q}' x where x.k = b.k and x.i < a.i)`,
    `select a.i, b.i, c.w from '${p}' a join '${q}' b on a.i = b.i and a.n in (select n from '${q}') join '${r}' c on c.k = a.k and c.w < (select max(n) from '${q}' where k = b.k) order by all`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a left join '${q}' b on a.i = b.i and b.n in (select k from '${r}' where k < 9)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a left join '${q}' b on a.i = b.i and b.n not in (select k from '${r}' where k < 9)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a left join '${q}' b on a.i = b.i and b.n > (select avg(k) from '${r}')`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a left join '${q}' b on a.i = b.i and exists (select 1 from '${r}' r where r.k = b.n)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a left join '${q}' b on a.i = (select max(x.i) from '${q}' x where x.k = b.k)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a left join '${q}' b on b.i = (select max(x.i) from '${q}' x where x.k = a.k)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a left join '${q}' b on a.i = b.i and b.k = (select max(r.k) from '${r}' r where r.k < b.n)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a left join '${q}' b on a.i + (select min(k) from '${r}') = b.i + (select max(k) from '${r}')`,
    `select count(*), sum(a.i), sum(b.i) from '${q}' b right join '${p}' a on a.i = b.i and b.n > (select avg(k) from '${r}')`,
    `select count(*), sum(a.i) from '${p}' a semi join '${q}' b on a.i = b.i and b.n > (select avg(k) from '${r}')`,
    `select count(*), sum(a.i) from '${p}' a semi join '${q}' b on a.i = b.i and b.n in (select k from '${r}')`,
    `select count(*), sum(a.i) from '${p}' a anti join '${q}' b on a.i = b.i and b.n in (select k from '${r}')`,
    `select count(*), sum(a.i) from '${p}' a anti join '${q}' b on a.i = b.i and b.n < (select max(r.k) from '${r}' r where r.k < b.k)`,
    `select count(*), sum(a.i) from '${p}' a left join '${q}' b on a.i = b.i and b.n in (select k from '${none}')`,
    `select count(*), sum(a.i) from '${p}' a left join '${q}' b on a.i = b.i and b.n not in (select k from '${none}')`,
    `select count(*), sum(a.i) from '${p}' a left join '${q}' b on a.i = b.i and b.n not in (select n from '${q}')`,
    `select count(*), sum(a.i) from '${p}' a left join '${q}' b on a.i = b.i and b.n > any (select n from '${q}')`,
    `select i, (select count(*) from '${q}' q join '${r}' r on q.k = r.k and r.w in (select w from '${r}') where q.i < p.i) as m from '${p}' p where i < 30`,
    `select i, (select count(*) from '${q}' q join '${r}' r on q.k = r.k and r.k < p.n and r.w in (select w + p.k from '${r}') where q.i < p.i) as m from '${p}' p where i < 30`,
    `select i, (select count(*) from '${q}' q left join '${r}' r on q.k = r.k and r.w in (select w from '${r}') where q.i < p.i) as m from '${p}' p where i < 30`,
    `select i from '${p}' p where exists (select 1 from '${q}' q join '${r}' r on q.k = r.k and q.i in (select i from '${p}' where k = 3) where q.n = p.n) and i < 300`,
    `select i from '${p}' p where exists (select 1 from '${q}' q join '${r}' r on q.k = r.k and r.k = p.k and q.i in (select i from '${p}' where k = 3)) and i < 300`,
    `select a.i, x.m, r.k from '${p}' a, lateral (select max(n) m from '${q}' q where q.k = a.k) x join '${r}' r on r.k = a.k and r.k in (select k from '${q}') where a.i < 20`,
    `select count(*) from '${p}' a join ('${q}' b join '${r}' r on b.k = r.k and b.n in (select n from '${p}')) on a.i = b.i`,
    `select count(*) from '${p}' a left join ('${q}' b join '${r}' r on b.k = r.k and b.n in (select n from '${p}')) on a.i = b.i and r.w < (select max(w) from '${r}')`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a, '${q}' b where (a.n > 3) = ((select max(k) from '${q}' where i < b.i) in (select k from '${r}')) and a.i < 50 and b.i < 50`,
  ],
  'that connect two tables': [
    `select count(*), sum(a.i), sum(b.i) from '${p}' a, '${q}' b where a.i = (select max(x.i) from '${q}' x where x.k = b.k and x.n > 4) and b.n > 3`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a, '${q}' b where a.i = (select x.i from '${q}' x where x.k = b.k order by x.i limit 1) and a.n > 3`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a, '${q}' b, '${r}' c where a.i = (select max(x.i) from '${q}' x where x.k = b.k and x.i < c.k) and a.i < 90 and b.i < 90`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a, '${q}' b, '${r}' c where a.i = (select max(x.i) from '${q}' x where x.k = b.k) and c.k = (select max(x.n) from '${q}' x where x.k = a.k)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a, '${q}' b where a.i + (select min(x.i) from '${q}' x where x.k > a.k) = b.i + (select max(x.i) from '${q}' x where x.k = b.k)`,
    `select count(*), sum(a.i), sum(b.i) from '${p}' a, '${q}' b where a.i = b.i + (select max(x.k) from '${q}' x) and (a.n > 3) = (b.n in (select k from '${r}'))`,
  ],
};

for (const [family, texts] of Object.entries(families)) {
  test(`subqueries ${family} are distributed and answer as DuckDB does`, () => {
    for (const text of texts) assert.deepEqual(assertAsDuckDb(bench, text), [], text);
  });
}

test('a table meets by the value of a subquery beside the other, instead of all rows meeting all', () => {
  const value = `(select max(x.i) from '${q}' x where x.k = b.k)`;
  const text = (condition: string) => `select count(*) from '${p}' a, '${q}' b where a.i = ${value}${condition}`;
  assert.match(bench.explain({ kind: 'sql', text: text('') }), /inner join on \(i = "value"\)/);
  const connected = bench.explain({ kind: 'sql', text: text(' and a.i = b.i') });
  assert.match(connected, /filter \(?i = "value"\)?[\s\S]*inner join on \(i = i_2\)/);
});

test('a subquery in the condition of an ASOF join stands beside the side that it speaks of', () => {
  const conditions = [
    `a.k = b.k and a.i >= b.i + (select max(k) from '${r}')`,
    `a.k = b.k and a.i >= b.i and b.i in (select k from '${r}')`,
    `a.k = b.k and a.i >= b.i and exists (select 1 from '${r}' r where r.k = b.k and r.k > 1)`,
    `a.k = (select max(r.k) from '${r}' r where r.k < b.k) and a.i < b.i`,
    `a.i >= b.i and a.k not in (select k from '${r}' where k > 3)`,
  ];
  for (const on of conditions)
    for (const join of ['asof join', ...(on.includes('not in') ? [] : ['asof left join'])]) {
      const text = `select a.i, b.i as j from '${p}' a ${join} '${q}' b on ${on}`;
      assert.deepEqual(assertAsDuckDb(bench, text), [], text);
    }
});
