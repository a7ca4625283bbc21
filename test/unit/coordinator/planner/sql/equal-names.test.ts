/**
 * Which of a column and an item of the same name is meant, clause by clause: against DuckDB, as planned and adapted.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { assertAsDuckDb } from '../../../../support/planner/as-duckdb.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const p = bench.file(
  'p.parquet',
  `SELECT i, i % 7 AS k, 'v' || (i % 5) AS s, ((i % 13) * 1.5)::DECIMAL(18, 3) AS d,
     CASE WHEN i % 11 = 0 THEN NULL ELSE i % 31 END AS n FROM range(3000) t(i)`,
);
const q = bench.file(
  'q.parquet',
  `SELECT i::SMALLINT AS i, i % 5 AS k, CASE WHEN i % 9 = 0 THEN NULL ELSE i % 40 END AS n FROM range(700) t(i)`,
);
const r = bench.file('r.csv', 'SELECT i AS k, i * 1.5 AS w FROM range(30) t(i)');

const families: Readonly<Record<string, readonly string[]>> = {
  'an item and a column': [
    `select k as i, i as k from '${p}' order by i + 0, k limit 5`,
    `select n as k, k as n from '${p}' where i < 50 and n > 3`,
    `select n as k, k as n, k + 1 as m from '${p}' where i < 50 and n > 3 order by k`,
    `select n as k, k as n, sum(k) over (partition by n) as m from '${p}' where i < 50`,
    `select k + 1 as k, count(*) as n from '${p}' group by k`,
    `select k % 2 as k, count(*) as n from '${p}' group by k order by k, n`,
    `select k % 2 as k, count(*) as n from '${p}' group by k order by k + 1, n`,
    `select k % 2 as k, count(*) as n from '${p}' group by rollup (k)`,
    `select k % 2 as k, count(n) as n, max(d) as d from '${p}' group by k having n > 3 and d > 3 and k > 2`,
    `select s, sum(n) as n from '${p}' group by s having n > 100`,
    `select s, sum(n) as n from '${p}' group by s having sum(n) > 100`,
    `select s, sum(n) as n from '${p}' group by s having max(n) > 29 and n > 0 order by n`,
    `select s, sum(n) as n from '${p}' group by s having n + 0 > 100 order by max(n), s`,
    `select k as x, max(i) as k from '${p}' group by x having k > 3`,
    `select k as x, max(i) as k from '${p}' group by 1 having k > 3`,
    `select k as x, max(i) as k from '${p}' group by rollup (k) having k > 3`,
    `select k % 2 as x, sum(i) as k from '${p}' group by x having k % 2 > 0`,
    `select n as k, k as n, i from '${p}' where i < 60 qualify row_number() over (partition by k order by n desc, i) = 1`,
    `select row_number() over (order by i) as k, k as n from '${p}' where i < 50 qualify k = 1`,
    `select max(n) as k, k as n from '${p}' group by k qualify rank() over (order by k desc) < 3 and k > 2`,
    `select k + 1 as k, count(*) as c from '${p}' group by k qualify row_number() over (order by k desc) = 1`,
    `select distinct on (k) k as c, i % 20 as k from '${p}' order by k, i`,
    `select distinct on (k + 0) k as c, i % 20 as k from '${p}' order by k + 0, i`,
    `select distinct n as k from '${p}' order by k`,
    `select coalesce(n, 0) as n, sum(i) as i from '${p}' where n > 1 group by n having sum(i) > 0 order by i, n`,
    `select date_trunc('day', make_timestamp(i * 1000000000)) as i, count(*) from '${p}' group by i`,
    `select n as k, (select max(w) from '${r}' r where r.k = p.k) as r from '${p}' p where i < 50`,
    `select n as k, (select max(w) from '${r}' r where w > n) as r, i from '${p}' p where i < 50`,
    `select n as k, i from '${p}' p where k in (select k from '${r}' where k < 3) and i < 90`,
    `select n as k, i from '${p}' p where exists (select 1 from '${r}' r where r.k = p.k and r.k > 3) and i < 90`,
    `select n as k, i from '${p}' p where i < 90 order by (select max(w) from '${r}' r where r.k = p.k), i`,
    `select sum(n) as n, k from '${p}' group by k having n > (select avg(w) from '${r}') order by n`,
    `select n + 0 as x, x + 1 as y from '${p}' where y > 5 and i < 100`,
    `select k as x, x as y, max(n) as k from '${p}' group by x having k > 3`,
    `select k + 0 as x, max(n) as k from '${p}' group by x having k > 30`,
    `select 7 as k, count(*) as n from '${p}' group by 'a' having n > 3`,
    `select p.k as k, r.w as n, p.n as w from '${p}' p join '${r}' r on p.k = r.k where w > 3 and i < 100 order by n, w, p.i`,
    `select p.k as k, r.w as n, p.n as w from '${p}' p join '${r}' r using (k) where n > 3 and i < 100 order by n, w, p.i`,
    `select sum(p.n) as n, r.k as w from '${p}' p join '${r}' r using (k) group by r.k having n > 100 and w > 1`,
    `select sum(p.n) as n, avg(r.w) as w from '${p}' p left join '${r}' r using (k) group by r.w having n > 100 and w > 1`,
    `select sum(p.n) as n, k as s from '${p}' p right join '${r}' r using (k) group by k having k > 2 and s > 1`,
    `select sum(n) over (partition by k) as n, i from '${p}' where i < 90 order by n + i, i`,
    `select n as i, i as n from (select n, i from '${p}' where i < 50 union all select k, i from '${q}' where i < 9) order by i + n, n`,
    `select k as n, sum(n) as k from '${p}' group by k, n having n > 3 and k > 2 order by all`,
    `select k as n, sum(n) as k from '${p}' group by all order by all`,
    `select k as n, count(*) as c from '${p}' group by k, n order by all`,
    `select n as k from '${p}' where i < 30 group by k, n order by k`,
    `select sum(n) as n from '${p}' having n > 3`,
    `select sum(n) as n, count(*) as i from '${p}' having i > 3 and max(i) > 4`,
    `select sum(n) filter (n > 3) as n, s from '${p}' group by s having n > 3 and sum(n) filter (n > 9) > 2`,
    `select list(n order by n) as n, s from '${p}' where i < 40 group by s having len(n) > 3`,
    `select list_filter(list(n), n -> n > 3) as n, s from '${p}' where i < 40 group by s having len(list_filter(n, k -> k > 4)) > 1`,
  ],
  'an item and a column, in subqueries that speak of the rows around,': [
    `select i, (select max(k) from (select n as k, k as j from '${q}' where i < 100) x where x.j = p.k) as m from '${p}' p where i < 30`,
    `select i, (select sum(n) as n from '${q}' q where q.k = p.k group by q.i having n > 3 order by n limit 1) as m from '${p}' p where i < 30`,
    `select i, (select n as k from '${q}' where k = p.k order by k desc limit 1) as m from '${p}' p where i < 30`,
    `select i, (select -n as n from '${q}' where k = p.k order by n desc limit 1) as m from '${p}' p where i < 30`,
    `select i, (select -n as n from '${q}' where k = p.k order by n + 0 desc, q.i limit 1) as m from '${p}' p where i < 30`,
    `select i, (select -n as n from '${q}' as q where n > 3 and k = p.k group by n order by n limit 1) as m from '${p}' p where i < 30`,
    `select i, (select k as n from '${q}' where n = p.n limit 1) as m from '${p}' p where i < 30`,
    `select i, (select max(x) from (select distinct on (n) n % 5 as x, i as y from '${q}' q where q.k = p.k order by n, i) z) as m from '${p}' p where i < 30`,
    `select i, (select list(x order by x) from (select distinct on (k) k % 5 as k, q.i as x from '${q}' q where q.k <= p.k order by k, q.i) z) as m from '${p}' p where i < 30`,
    `select i, (select sum(x) from (select distinct on (k) p.k, q.i as x from '${q}' q where q.n = p.n order by k, q.i) z) as m from '${p}' p where i < 60`,
    `select p.i, z.* from '${p}' p, lateral (select k % 2 as k, count(*) as n from '${q}' q where q.n = p.n group by k having n > 1) z where p.i < 60`,
    `select p.i, z.* from '${p}' p, lateral (select p.k, sum(n) as n from '${q}' q where q.n = p.n group by q.k having q.k > 1) z where p.i < 60`,
    `select p.i, z.* from '${p}' p, lateral (select k as n, row_number() over (order by n, q.i) as k from '${q}' q where q.n >= p.n and q.i < 50 qualify k = 2) z where p.i < 60`,
    `select i, (select -k as x from '${q}' q where q.n = p.n order by x limit 1) as m from '${p}' p where i < 30`,
    `select p.i, z.* from '${p}' p, lateral (select distinct on (k) n, q.i % 2 as k from '${q}' q where q.n = p.n order by k, q.i) z where p.i < 60`,
    `select p.i, z.* from '${p}' p, lateral (select distinct on (n) n, p.i + q.i from '${q}' q where q.k = p.k order by n, q.i) z where p.i < 60`,
    `select p.i, z.* from '${p}' p, lateral (select n, q.i + 1, count(*) over (partition by k) from '${q}' q where q.n = p.n) z where p.i < 60`,
    `select p.i, (select n from (select n, q.i from '${q}' q where q.k = p.k union all select k, k from '${r}') order by n desc limit 1) as m from '${p}' p where p.i < 60`,
  ],
  'two items': [
    `select -n as x, n as x, i as c from '${p}' where x > 5`,
    `select -n as x, n as x, i as c, x + 1 as y from '${p}' where i < 100`,
    `select -n as x, n as x, i as c from '${p}' where i < 20 order by x, c`,
    `select -n as x, n as x, i as c from '${p}' where i < 20 order by x + 1, c`,
    `select -n as x, n as x, count(*) as c from '${p}' group by x, n`,
    `select distinct on (x) n % 20 as x, k as x from '${p}' order by x`,
    `select -n as x, n as x, s as c, count(*) as m from '${p}' group by c, n having x > 3`,
    `select -k as x, k as x, count(*) as m from '${p}' group by k having x > 3`,
    `select -k as x, k as x, count(*) as m from '${p}' group by k qualify row_number() over (order by x) < 3`,
    `select p.i, z.* from '${p}' p, lateral (select -k as x, k as x from '${q}' q where q.n = p.n order by x, q.i limit 2) z where p.i < 30`,
    `select k, x from (select -k as x, k as x, k from '${q}') where x > -3 group by all`,
  ],
  'GROUP BY ALL in HAVING': [
    `select k % 2 as k, sum(i) as s from '${p}' group by all having k > 0`,
    `select k as i, sum(n) as s from '${p}' group by all having i > 2`,
    `select s as k, k as s, sum(n) as n from '${p}' group by all having k > 'v1' and s > 2`,
    `select s, sum(n) as n from '${p}' group by all having n > 100 and sum(n) > 3 and max(n) > 3`,
    `select k % 2 as z, count(*) as c from '${p}' group by all having z = 1`,
    `select k % 2 as z, count(*) as c from '${p}' group by all having k % 2 = 1`,
    `select k % 2 as z, z + 1 as y, count(*) as c from '${p}' group by all having y = 2 and max(i) > 3`,
    `select k % 2 as z, count(*) as c from '${p}' group by all having s > 'v1'`,
    `select count(*) as c from '${p}' group by all having k > 2`,
    `select k % 2 as z, sum(i) as x from '${p}' group by all having sum(i) > (select avg(i) from '${q}')`,
    `select k % 2 as z, sum(i) as x from '${p}' group by all having z in (select k from '${q}')`,
    `select i as ii, count(*) as c from '${p}' p full join '${q}' q using (i) group by all having i < 5`,
  ],
  'an item in another': [
    `select k as a, a + 1 as b, b * 2 as c from '${r}' where c > 10 order by c`,
    `select k as a, a + 1 as b, b * 2 as c from '${r}' where c > 10 and b < 20 group by all having c > 14 order by c`,
    `select k as w, w + 1 as b from '${r}' where b > 5`,
  ],
  'two tables in a star': [
    `select * from '${p}' p join '${q}' q using (i) where i < 10`,
    `select * from '${p}' p full join '${q}' q using (i, k) where i < 1000`,
    `select * exclude (n) from '${p}' p left join '${q}' q using (i) where i < 1000`,
    `select * from (select * from '${p}' p join '${q}' q using (i)) x where x.k_1 > 2 and x.k > 2`,
    `select * from '${q}' a left join '${q}' b using (i) full join '${q}' c using (i) where i < 9`,
    `select * exclude (p.i, q.k) from '${p}' p join '${q}' q on p.i = q.i where p.i < 5`,
    `select * exclude (p.n) from '${p}' p join '${q}' q using (i) where i < 5`,
    `select columns(p.*), columns(* exclude (i)) from '${p}' p join '${q}' q on p.i = q.i where p.i < 5`,
    `select * rename (q.i as ii, r.w as ww, k as kk) from '${q}' q join '${r}' r using (k) where i < 9`,
    `select ii, count(*) from (select * rename (q.i as ii) from '${q}' q join '${r}' r using (k)) group by all`,
    `select * replace (q.i + 1 as i) from '${p}' p join '${q}' q using (i) where p.i < 5`,
    `select p.i, l.* from '${p}' p, lateral (select * from '${q}' q join '${q}' r using (k) where q.i = p.i and r.i < 10) l where p.i < 20`,
  ],
};

for (const [family, texts] of Object.entries(families)) {
  test(`a name of ${family} means what it means to DuckDB`, () => {
    for (const text of texts) assert.deepEqual(assertAsDuckDb(bench, text), [], text);
  });
}

const gathered: readonly (readonly [sql: string, reason: RegExp])[] = [
  [
    `select count(*), sum(i) from (select * exclude (p.i) from '${p}' p join '${q}' q using (i))`,
    /merged by its table/,
  ],
  [
    `select count(*), sum(n) from (select * replace (q.n + 1 as n) from '${p}' p join '${q}' q using (i))`,
    /one of several columns of a name/,
  ],
  [
    `select p.i, z.* from '${p}' p, lateral (select distinct on (k) p.k, q.i as x from '${q}' q where q.n = p.n order by k, q.i) z where p.i < 60`,
    /a column and a value of the query around of one name/,
  ],
];

test('what such names mean nowhere else runs in one task, with the reason', () => {
  for (const [text, reason] of gathered) assert.match(assertAsDuckDb(bench, text).join(), reason, text);
});
