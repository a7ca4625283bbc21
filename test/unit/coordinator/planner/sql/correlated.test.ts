/**
 * Subqueries wherever an expression stands, correlated in any way, and lateral joins: against DuckDB, as planned and
 * adapted.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { answerOf, assertAsDuckDb, ways } from '../../../../support/planner/as-duckdb.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const p = bench.file(
  'p.parquet',
  `SELECT i, i % 7 AS k, 'v' || (i % 5) AS s, ((i % 13) * 1.5)::DECIMAL(18, 3) AS d,
     CASE WHEN i % 11 = 0 THEN NULL ELSE i % 31 END AS n, [i, i % 3] AS l, {'a': i % 4} AS st
   FROM range(3000) t(i)`,
);
const q = bench.file(
  'q.parquet',
  `SELECT i::SMALLINT AS i, i % 5 AS k, 's' || (i % 3) AS s, CASE WHEN i % 9 = 0 THEN NULL ELSE i % 40 END AS n
   FROM range(700) t(i)`,
);
const r = bench.file('r.csv', "SELECT i AS k, 'n' || i AS name, i * 1.5 AS w FROM range(30) t(i)");
const none = bench.file('none.parquet', 'SELECT i, i AS n, i AS k FROM range(10) t(i) WHERE i < 0');

const families: Readonly<Record<string, readonly string[]>> = {
  'as values': [
    `select i from '${p}' where i < 200 and (n in (select n from '${q}') or k = 2)`,
    `select i, n in (select n from '${q}' where n < 20) as b from '${p}' where i < 100`,
    `select i, n not in (select n from '${q}' where n is not null and n < 20) as b from '${p}' where i < 100`,
    `select i, n in (select n from '${none}') as b, n not in (select n from '${none}') as c from '${p}' where i < 50`,
    `select count(*) from '${p}' where k > all (select k from '${q}')`,
    `select count(*) from '${p}' where k >= all (select k from '${q}')`,
    `select i, k > any (select n from '${q}' where i < 30) as a, k <> any (select 3 from '${q}') as b, k = all (select 3 from '${q}') as c, k <= all (select n from '${q}' where n > 4) d from '${p}' where i < 40`,
    `select i, k > any (select n from '${none}') as a, k > all (select n from '${none}') as b, n > all (select n from '${q}') as c from '${p}' where i < 40`,
    `select i, exists (select 1 from '${q}' q where q.n = p.n) as e, not exists (select 1 from '${q}' q where q.n = p.n and q.i < p.i) as f from '${p}' p where i < 60`,
    `select i from '${p}' p where i < 300 and (exists (select * from '${q}' q where q.n = p.n and q.k > p.k) or p.k = 3)`,
    `select i from '${p}' p where i < 100 and p.n not in (select q.n from '${q}' q where q.k = p.k and q.i < 100)`,
    `select i from '${p}' p where i < 100 and p.n not in (select q.n from '${q}' q where q.k = p.k and q.n is not null and q.i > 20)`,
    `select i, p.n in (select q.n from '${q}' q where q.k = p.k and q.i < 30) as b from '${p}' p where i < 100`,
    `select i, p.n >= all (select q.n from '${q}' q where q.k = p.k and q.i < 30) as b from '${p}' p where i < 100`,
    `select i from '${p}' where (k, n) in (select k, n from '${q}') and i < 50`,
    `select i, (k, n) in (select k, n from '${q}') as b, (k, n) not in (select k, n from '${q}' where n is not null) as c from '${p}' where i < 50`,
    `select k from '${p}' p where (select max(q.n) from '${q}' q where q.i < p.i) > 3 and i < 30`,
    `select i, (select max(q.n) from '${q}' q where q.i < p.i and q.k = p.k) as m from '${p}' p where i < 60`,
    `select i, (select count(*) from '${q}' q where q.i < p.i) as m from '${p}' p where i < 60`,
    `select i, (select count(*) + p.i from '${q}' q where q.n = p.n) as m from '${p}' p where i < 60`,
    `select i, (select sum(q.i) * 2 - count(q.n) from '${q}' q where q.k < p.k and q.i > p.i) as m from '${p}' p where i < 60`,
    `select i, (select q.n from '${q}' q where q.i = p.i) as m from '${p}' p where i < 60`,
    `select i, (select q.n from '${q}' q where q.k = p.k order by q.i desc limit 1) as m from '${p}' p where i < 60`,
    `select i, (select q.n + p.k from '${q}' q where q.k = p.k order by q.i desc limit 1 offset 2) as m from '${p}' p where i < 60`,
    `select k, sum(d) + (select max(w) from '${r}') as s from '${p}' group by k having sum(d) > (select avg(d) from '${p}') order by k`,
    `select k, (select max(w) from '${r}' r where r.k = p.k) as s, count(*) as c from '${p}' p group by rollup (k) order by all`,
    `select k, count(*) as c from '${p}' p group by k having count(*) > (select count(*) from '${q}' q where q.k = p.k) order by k`,
    `select i, row_number() over (partition by (select max(r.w) from '${r}' r where r.k = p.k) order by i) as s from '${p}' p where i < 50`,
    `select i from '${p}' p where i < 50 order by (select r.w from '${r}' r where r.k = p.k) desc, i`,
    `select i from '${p}' p where i < 50 and exists (select 1 from '${q}' q where q.i = p.i and exists (select 1 from '${r}' r where r.k = q.k and r.k < p.n))`,
    `select i, (select max(q.n) from '${q}' q where q.k in (select r.k from '${r}' r where r.k < p.k)) as m from '${p}' p where i < 30`,
    `select i, (select max(x.m) from (select q.n + p.k as m from '${q}' q where q.k = p.k) x) as m from '${p}' p where i < 30`,
    `select i, (select max(c) from (select count(*) as c from '${q}' q where q.k = p.k + 3) x) as m from '${p}' p where i < 30`,
    `select i, (select count(*) from '${q}' q join '${r}' r on q.k = r.k and r.k < p.n where q.i < p.i) as m from '${p}' p where i < 30`,
    `select i, (select count(distinct q.n) from (select n from '${q}' where k = p.k union all select n from '${none}') q) as c from '${p}' p where i < 30`,
    `select i, exists (select k from '${q}' where k = p.k group by k having count(*) > p.i + 130) as c from '${p}' p where i < 30`,
    `select p.st.a, (select max(q.n) from '${q}' q where q.k = p.st.a) as m, (select count(*) from '${q}' q where q.i = p.l[1]) c from '${p}' p where p.i < 20`,
    `select i, (select list(q.i order by q.i desc) from '${q}' q where q.k = p.k and q.i < p.n) as m, (select string_agg(q.s, ',' order by q.i) from '${q}' q where q.n = p.n and q.i < 50) c from '${p}' p where p.i < 40`,
    `select i, (select count(*) filter (q.n > p.k) from '${q}' q where q.k = p.k) as m from '${p}' p where p.i < 40`,
    `select i, (select max(q.i) from '${q}' q where q.k = p.k group by q.s order by 1 limit 1) as m from '${p}' p where p.i < 20`,
    `select i, (select 1 from '${q}' q where q.n = p.n having count(*) > 10) as m from '${p}' p where p.i < 60`,
    `select i, (select p.i + 1) as a from '${p}' p where i < 5`,
    `select i from '${p}' where i = (select w::int from '${r}' order by w desc limit 1)`,
    `select i from '${p}' p where i < 99 and p.i = any (select q.i from '${q}' q where q.k = p.k)`,
    `select i from '${p}' p where i < 99 and p.i <> all (select q.i from '${q}' q where q.k = p.k)`,
    `select i, i::double in (select q.n from '${q}' q) as x, i > any (select q.n::double from '${q}' q) as y from '${p}' p where i < 60`,
    `select k from '${r}' r where (select count(*) from '${p}' p where p.k = r.k) = 0`,
    `select count(*) from '${p}' p where p.d > (select avg(x.d) from '${p}' x where x.k = p.k and x.i <> p.i)`,
    `select i from '${p}' p where i < 100 and 2 = (select count(*) from (select 1 from '${q}' q where q.n = p.n limit 2))`,
    `with c as (select k, count(*) as n from '${q}' group by k) select i, (select c.n from c where c.k = p.k) as n, exists (from c where c.k > p.k) as e from '${p}' p where i < 20`,
    `select i, (with c as (select q.n from '${q}' q where q.i < 50) select max(c.n) from c where c.n < p.k) as n from '${p}' p where i < 20`,
    `select i from '${p}' p where exists (select 1 from '${q}' q where q.i = p.i union all select 1 from '${r}' r where r.k = p.i)`,
    `select i from '${p}' p where i < 30 and not exists (select 1 from '${q}' q where q.i = p.i intersect select 1 from '${r}' r where r.k = p.i)`,
    `select count(*), (select max(w) from '${r}') as y from '${p}' having count(*) > (select max(k) from '${r}')`,
    `select k, count(*) as c from '${p}' p group by k having exists (select 1 from '${q}' q where q.k = p.k) order by c desc, k`,
    `select k % 3 as m, max((select r.w from '${r}' r where r.k = p.k)) as s, (select max(w) from '${r}') as t from '${p}' p group by m order by s, (select min(w) from '${r}')`,
    `select s, k, count(*) c, (select count(*) from '${q}' q where q.s = p.s or q.k = p.k) x from '${p}' p group by s, k having count(*) > 10 and s in (select 'v' || k from '${r}' where k < 3) order by all`,
    `select k, count(*) as c from '${p}' p group by k having k in (select k from '${r}' where k > 3) or count(*) > 10000 order by k`,
    `select distinct (select max(w) from '${r}' r where r.k > p.k) as s from '${p}' p`,
    `select i, (select count(*) over () from '${q}' q where q.i = p.i) c from '${p}' p where i < 10`,
    `select i, (select sum(count(*)) over () from '${q}' q where q.k = p.k) c from '${p}' p where i < 10`,
    `select i, n, n = any (select q.n from '${q}' q where q.k = p.k) as a, n < any (select q.n from '${q}' q where q.k = p.k and q.i < 40) as b, n > all (select q.n from '${q}' q where q.k = p.k + 20) as c, null in (select q.n from '${q}' q where q.k = p.k + 20) as d from '${p}' p where i < 60`,
    `select i from '${p}' p where i < 60 and (n, k) not in (select q.n, q.k from '${q}' q where q.n is not null and q.i < 40)`,
    `select i from '${p}' p where i < 60 and (n, k) not in (select q.n, q.k from '${none}' q)`,
    `select i from '${p}' p where i < 60 and case when p.k = 2 then p.n in (select n from '${q}') else p.i > (select avg(i) from '${q}' q where q.i < p.i) end`,
    `select i, (select (select max(r.k) from '${r}' r where r.k < p.k + q.k) from '${q}' q where q.i = p.i) as x from '${p}' p where i < 30`,
    `select i, (select count(*) from '${q}' q where q.i < (select max(r.k) from '${r}' r where r.k < p.k + q.k)) as x from '${p}' p where i < 30`,
    `select i, (select max(q.i) from '${q}' q where q.n in (select x.n from '${q}' x where x.i = p.i)) as x from '${p}' p where i < 30`,
    `select i, (select first(q.i order by q.i) from '${q}' q where q.n = p.n and q.i > p.i) as x, (select count(distinct q.k) from '${q}' q where q.n < p.n) as y, (select bool_and(q.k > 2) from '${q}' q where q.n < p.n) as z, (select arg_max(q.s, q.i) from '${q}' q where q.n <= p.n) as w, (select histogram(q.k) from '${q}' q where q.n = p.n) h from '${p}' p where i < 40`,
    `select i, coalesce((select sum(q.i) from '${q}' q where q.k = p.k and q.i < p.n), -1) + 1 as x from '${p}' p where i < 40`,
    `select i, (select max(i) from '${q}' where k = p.k) as b from '${p}' p where (select count(*) from '${r}' where w > p.d and k < p.k) > 2 and i < 50`,
    `select i, (select sum(x) from unnest(p.l) v(x)) as s from '${p}' p where i < 20`,
    `select i, (select count(*) from range(p.k) v(x)) as s from '${p}' p where i < 20`,
    `select i, (select max(x.v) from (select p.i + q.k as v from '${q}' q order by v limit 3) x) as s from '${p}' p where i < 20`,
    `select i, (select sum(c) from (select count(*) c from '${q}' q where q.n = p.n union all select p.i) x) as s from '${p}' p where i < 20`,
    `select i from '${p}' p semi join '${q}' q on p.i = q.i where exists (select 1 from '${r}' r where r.k < p.n and r.k > p.k)`,
    `select a.i, b.i, (select count(*) from '${r}' r where r.k < a.k and r.k > b.n) c from '${p}' a join '${q}' b on a.i = b.i + 1 where a.i < 90`,
    `select a.i from '${p}' a full join '${q}' b on a.i = b.i + 300 where (select count(*) from '${r}' r where r.k < a.k or r.k > b.n) > 20`,
    `select i, (select d from '${p}' x where x.i = p.i - 1) prev, (select count(*) from '${p}' x where x.d > p.d and x.i < 500) + 1 as place from '${p}' p where i < 30`,
    `select i, (select count(*) from (select '0' || i as t from '${q}' where i < 50 union all select i::varchar from '${q}' where i < 50) q where q.t = p.i) as c from '${p}' p where i < 30`,
    `select i from '${p}' p where i < 30 and (select count(*) from (select '0' || i as t from '${q}' where i < 50 union all select i::varchar from '${q}' where i < 50) q where q.t = p.i) = 2`,
  ],
  'that find nothing': [
    `select i, (select approx_count_distinct(q.i) from '${q}' q where q.i = p.n + 690) as a, (select entropy(q.k) from '${q}' q where q.i < p.n - 25) as b, (select regr_count(q.i, q.k) + 1 from '${q}' q where q.i < p.n - 25) as c, (select count_if(q.k > 1) from '${q}' q where q.i = p.n + 690) as d from '${p}' p where i < 60`,
  ],
  'that cut distinct rows': [
    `select i, array(select distinct q.k % 3 as kk from '${q}' q where q.n = p.n order by kk desc limit 1 offset 1) as l from '${p}' p where i < 60`,
    `select i, (select count(*) from (select distinct q.k from '${q}' q where q.n = p.n limit 2)) as c from '${p}' p where i < 60`,
    `select p.i, l.* from '${p}' p, lateral (select distinct on (q.k) q.k as a, q.i as b, p.k as c from '${q}' q where q.n = p.n order by q.k, q.i desc limit 2) l where p.i < 60`,
    `select p.i, l.* from '${p}' p, lateral (select distinct * from '${q}' q where q.n = p.n order by q.i desc limit 2) l where p.i < 60`,
    `select p.i, l.* from '${p}' p, lateral (select distinct q.k, q.k, p.s, p.k from '${q}' q where q.n = p.n order by 1 desc limit 1 offset 1) l where p.i < 60`,
    `select p.i, l.* from '${p}' p, lateral (select distinct q.s, count(*) c from '${q}' q where q.n < p.n group by q.s, q.k order by c, q.s limit 2) l where p.i < 60`,
    `select p.i, l.* from '${p}' p, lateral (select distinct q.s, rank() over (order by q.k) c from '${q}' q where q.n < p.n order by c desc, 1 limit 2) l where p.i < 60`,
    `select p.i, l.* from '${p}' p, lateral (select q.i, q.s from '${q}' q where q.n < p.n qualify rank() over (order by q.k, q.i) > 2 order by q.i limit 2) l where p.i < 60`,
    `select p.i, l.* from '${p}' p, lateral (select q.i from '${q}' q where q.n < p.n order by row_number() over (order by q.k, q.i) desc limit 2) l where p.i < 60`,
    `select i from '${p}' p where k in (select distinct q.k from '${q}' q where q.n = p.n order by q.k limit 2) and i < 99`,
    `select i from '${p}' p where exists (select distinct q.k from '${q}' q where q.n = p.n limit 1 offset 3) and i < 99`,
    `select i, (select distinct q.k from '${q}' q where q.n = p.n order by all limit 1) as k from '${p}' p where i < 99`,
  ],
  'that group by sets': [
    `select i, array(select count(*) from '${q}' q where q.n = p.n + 20 group by rollup(q.k) order by 1) as c from '${p}' p where i < 60`,
    `select i, array(select {'k': q.k, 'c': count(*), 'g': grouping(q.k)} from '${q}' q where q.n = p.n + 20 group by cube(q.k, q.s) order by 1) as c from '${p}' p where i < 60`,
    `select i, exists (select 1 from '${q}' q where q.n = p.n + 20 group by cube(q.k, q.s) having count(*) > 3) as c, p.k in (select q.k from '${q}' q where q.n = p.n + 20 group by rollup(q.k)) as d from '${p}' p where i < 60`,
    `select p.i, l.* from '${p}' p left join lateral (select count(*) c, grouping(q.k) g, max(q.s) s, q.k, coalesce(q.k, 7) kk, 5 as v, p.i + 1 as w from '${q}' q where q.i = p.i * 20 group by rollup(k) having count(*) < 5) l on true where p.i < 60`,
    `select p.i, l.* from '${p}' p left join lateral (select approx_count_distinct(k) a, count_if(true) b, regr_count(k, k) c, count(distinct k) d, list(k) e, count(*) filter (k > 0) f from '${q}' q where q.i = p.i * 20 group by grouping sets ((k), ())) l on true where p.i < 60`,
    `select p.i, l.* from '${p}' p left join lateral (select count(*) c, grouping(k) g from '${q}' q where q.i = p.i * 20 group by rollup(k) having grouping(k) = 1) l on true where p.i < 60`,
    `select p.i, l.* from '${p}' p left join lateral (select q.k as a, q.s as b, count(*) c, sum(q.i) from '${q}' q where q.n > p.n * 2 group by cube(a, 2) having count(*) > 2 order by all limit 3 offset 1) l on true where p.i < 60`,
    `select i, (select max(q.i) from '${q}' q where q.n in (select r.k from '${r}' r where r.k > p.n) group by rollup(q.k) order by 1 desc limit 1) as c from '${p}' p where i < 60`,
    `select p.i, l.* from '${p}' p left join lateral (select q.k + p.k as a, count(*) as c from '${q}' q where q.n < p.n group by rollup(q.k + p.k)) l on true where p.i < 60`,
    `select p.i, l.* from '${p}' p, lateral (select q.k, q.s, count(*) as c from '${q}' q where q.n = p.n + 20 group by q.s, rollup(q.k)) l where p.i < 60`,
  ],
  'that make a list': [
    `select i, array(select q.i from '${q}' q where q.n = p.n order by q.i desc) as l from '${p}' p where i < 40`,
    `select i, array(select distinct q.k from '${q}' q where q.n = p.n order by q.k) as l from '${p}' p where i < 40`,
    `select i, array(select q.i from '${q}' q where q.k = p.k and q.i < 1) as l, array(select k from '${r}' order by -k limit 3) as m from '${p}' p where i < 20`,
    `select i, (select max(#1) from (select q.i + p.i, q.k from '${q}' q where q.n = p.n) x) as m from '${p}' p where i < 40`,
    `select i, (select {'a': max(q.i), 'b': count(*)} from '${q}' q where q.n = p.n) as m from '${p}' p where i < 40`,
    `select k, {'a': max(i), 'b': count(*), 'c': (select max(w) from '${r}' r where r.k = p.k)} as m from '${p}' p group by k`,
    `select {'g': grouping(k), 'k': k, 'n': count(distinct n)} as m from '${p}' group by rollup (k)`,
    `select i, {'a': row_number() over (order by i), 'b': k} as m from '${p}'`,
  ],
  'beside groups': [
    `select (select count(*) from '${q}' q where q.n = p.n) as c, count(*) from '${p}' p group by (select count(*) from '${q}' q where q.n = p.n)`,
    `select exists (select 1 from '${q}' q where q.n = p.n) as e, n in (select n from '${q}') as f, sum(i) from '${p}' p group by exists (select 1 from '${q}' q where q.n = p.n), n in (select n from '${q}') having n in (select n from '${q}')`,
    `select max(d) + (select max(w) from '${r}') as x from '${p}'`,
    `select max(d) + (select max(w) from '${r}') as x, (select min(w) from '${r}') as y from '${p}' where i < 0`,
    `select k, (select max(w) from '${r}' r where r.k < p.k) as s, count(*) as c from '${p}' p group by k order by k`,
    `select sum((select max(w) from '${r}' r where r.k = p.k)) as s from '${p}' p`,
    `select (select count(*) from '${q}' q where q.i > p.n or p.n is null) as c, count(*) from '${p}' p where p.i < 300 group by all`,
    `select k as kk, count(*) as c, rank() over (order by count(*) + (select max(k) from '${r}')) as rk from '${p}' p group by kk order by kk`,
    `select (select max(w) from '${r}' r where r.k = p.k) as s, count(*) as c from '${p}' p group by 1 order by all`,
    `select (select max(w) from '${r}' r where r.k = p.k) as s, p.k, count(*) as c from '${p}' p group by all order by all`,
  ],
  'lateral joins': [
    `select p.i, l.m from '${p}' p, lateral (select max(n) m from '${q}' q where q.i = p.i) l where p.i < 9`,
    `select p.i, l.* from '${p}' p, lateral (select * from '${q}' q where q.k = p.k order by q.i desc limit 2) l where p.i < 20 order by all`,
    `select p.i, l.n, l.i as j from '${p}' p left join lateral (select * from '${q}' q where q.n = p.n and q.i < 100 order by q.i limit 2) l on l.i > 20 where p.i < 60 order by all`,
    `select p.n, l.c from '${p}' p left join (select count(*) as c, max(q.i) from '${q}' q where q.n = p.n) l on true where p.i < 40`,
    `select p.n, l.* from '${p}' p cross join lateral (select distinct q.k, p.k as pk from '${q}' q where q.n = p.n) l where p.i < 40`,
    `select count(*), sum(l.i) from '${p}' p, lateral (select q.i from '${q}' q where q.k = p.k and q.i < p.i) l, '${r}' r where r.k = l.i`,
    `select p.i, a.c, b.c from '${p}' p, lateral (select count(*) c from '${q}' q where q.n = p.n) a, lateral (select a.c + count(*) c from '${r}' r where r.k < p.k) b where p.i < 40`,
    `select p.k, l.i from (select distinct k from '${p}') p, lateral (select q.i from '${q}' q where q.k = p.k union all select r.k from '${r}' r where r.k = p.k) l order by all limit 20`,
    `select x.k, l.i from (select k from '${p}' order by i limit 30) x, lateral (select q.i from '${q}' q where q.k = x.k order by q.i limit 1) l`,
    `select p.i, l.rn from '${p}' p, lateral (select q.i, row_number() over (order by q.i desc) as rn from '${q}' q where q.k = p.k qualify rn <= 2) l where p.i < 20`,
    `select p.i, l.* from '${p}' p join lateral (select q.k as kk, count(*) as n, max(q.i) as m from '${q}' q where q.n = p.n group by q.k) l on l.kk < p.k where p.i < 70`,
    `select p.i, l.a from '${p}' p left join lateral (select q.i as a from '${q}' q where q.i between p.i and p.i + 2) l on true where p.i < 50 and (l.a is null or l.a > 20)`,
    `select p.i, l.a, r.w from ('${p}' p left join lateral (select q.i as a from '${q}' q where q.i between p.i and p.i + 2) l on true) join '${r}' r on r.k = l.a where p.i < 50`,
    `select * from (select i, k from '${p}' where i < 9) p, lateral (select k, n from '${q}' q where q.i = p.i) l, lateral (select name from '${r}' r where r.k = l.n + p.k) m`,
    `select * from '${r}' r left join lateral (select p.i, l.x from '${p}' p, lateral (select q.n + r.k as x from '${q}' q where q.i = p.i) l where p.i < r.k and p.i < 4) z on true where r.k < 9`,
    `select p.i, (select count(*) from '${q}' q, lateral (select r.k from '${r}' r where r.k = q.k and r.k < p.k) l) c from '${p}' p where p.i < 9`,
    `select p.n, count(l.i) from '${p}' p left join lateral (select q.i from '${q}' q where q.n = p.n limit 3) l on true group by p.n order by all`,
  ],
};

/** More than one row is an error only where a row asks for it. */
const failing: readonly string[] = [
  `select i, (select q.n from '${q}' q where q.k = p.k) as m from '${p}' p where i < 60`,
  `select i, (select q.i from '${q}' q where q.k < p.k and q.i < 9) as m from '${p}' p where i < 60`,
  `select k, (select q.i from '${q}' q where q.k = p.k) as m from '${p}' p group by k`,
];

for (const [family, texts] of Object.entries(families)) {
  test(`subqueries ${family} are distributed and answer as DuckDB does`, () => {
    for (const text of texts) assert.deepEqual(assertAsDuckDb(bench, text), [], text);
  });
}

test('a subquery of several rows is an error where it stands for a value', () => {
  const more = /More than one row returned by a subquery/;
  for (const text of failing) {
    assert.throws(() => bench.connection.rows(text), more);
    for (const way of ways) assert.throws(() => answerOf(bench, text, way), more, text);
  }
  const unasked = `select i, case when i < 0 then (select q.i from '${q}' q where q.k > p.k) end as m from '${p}' p where i < 9`;
  for (const way of ways) assert.equal(answerOf(bench, unasked, way).rows.length, 9);
});

test('DISTINCT over an aggregate has no row where nothing is found, as in DuckDB', () => {
  for (const value of [
    `select count(*) from (select distinct max(q.i) from '${q}' q where q.k = p.k)`,
    `select distinct count(*) from '${q}' q where q.k = p.k`,
  ]) {
    const notes = assertAsDuckDb(bench, `select i, (${value}) as c from '${p}' p where i < 60`);
    assert.deepEqual(notes, ['the query runs in one task: a correlated aggregate is made distinct']);
  }
});

test('sets of keys that DuckDB answers in a way of its own are gathered', () => {
  const from = `'${p}' p left join lateral`;
  for (const lateral of [
    `select q.k, p.k as pk, count(*) as c from '${q}' q where q.n < p.n group by rollup(q.k, p.k)`,
    `select q.k, p.k as pk, count(*) as c from '${q}' q where q.n < p.n group by grouping sets ((q.k), (pk))`,
    `select k, row_number() over (order by k) as nth from '${q}' q where q.i = p.i * 20 group by grouping sets ((k), ())`,
    `select count(distinct q.s) as c from '${q}' q where q.n = p.n + 20 group by grouping sets ((q.k), (), ())`,
  ]) {
    const notes = assertAsDuckDb(bench, `select p.i, l.* from ${from} (${lateral}) l on true where p.i < 60`);
    assert.equal(notes.length, 1, lateral);
  }
});
