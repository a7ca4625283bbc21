import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';
import { assertSameRows } from '../../../../support/same-rows.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const p = bench.file(
  'p.parquet',
  `SELECT i, i % 7 AS k, 'v' || (i % 5) AS s, ((i % 13) * 1.5)::DECIMAL(18, 3) AS d,
     CASE WHEN i % 11 = 0 THEN NULL ELSE i % 31 END AS n, DATE '2020-01-01' + (i % 300)::INTEGER AS day
   FROM range(9000) t(i)`,
);
const q = bench.file(
  'q.parquet',
  `SELECT i::SMALLINT AS i, i % 5 AS k, 's' || (i % 3) AS s, CASE WHEN i % 9 = 0 THEN NULL ELSE i % 40 END AS n
   FROM range(5000) t(i)`,
);
const r = bench.file('r.csv', "SELECT i AS k, 'n' || i AS name, i * 1.5 AS w FROM range(30) t(i)");
const none = bench.file('none.parquet', 'SELECT i, i AS n FROM range(10) t(i) WHERE i < 0');

/** Each family is understood whole: no note says that a query runs in one task. */
const families: Readonly<Record<string, readonly string[]>> = {
  'asof joins': [
    `select count(*), sum(b.i) from '${p}' a asof join '${q}' b on a.k = b.k and a.i >= b.i`,
    `select a.i, b.i as nearest from '${p}' a asof left join '${q}' b on a.k = b.k and a.i < b.i order by all`,
    `select count(*) from '${p}' a asof join '${q}' b on a.i > b.i where a.k = 3 and b.k = 2`,
  ],
  'inner joins': [
    `select p.k, r.name from '${p}' p join '${r}' r using (k) where p.i < 20 order by p.i`,
    `select * from '${p}' p join '${r}' r using (k) where p.i < 20`,
    `select p.i, q.s, r.w from '${p}' p, '${q}' q, '${r}' r where p.i = q.i and q.k = r.k and r.w > 1 and p.d > 3`,
    `select count(*) from '${p}' p, '${q}' q where p.n = q.n and (p.k = 1 and q.k = 2 or p.k = 3 and q.k = 4)`,
    `select count(*) from '${p}' p join '${r}' r on p.k < r.k and p.i % 3 = 0`,
    `select count(*), sum(r.w) from '${r}' r cross join (select distinct k from '${p}') x`,
    `select * from '${p}' a natural join (select i, k from '${q}' where k = 2) b where a.i < 200`,
    `select a.i, b.i from '${p}' a join '${p}' b on a.i = b.i + 1 where b.k = 3 and a.n is not distinct from 4`,
    `select a.s || b.s as t, count(*) from '${p}' a join '${q}' b on a.i = b.i group by t having count(*) > 3 order by t`,
    `select "p".i from '${p}' where "p".i < 3`,
    `select count(*) from '${p}' a join '${q}' b on a.i = b.i join '${p}' c on c.i = b.i and c.k = a.k`,
  ],
  'outer, semi and anti joins': [
    `select p.i, q.s from '${p}' p left join '${q}' q on p.i = q.i and q.k = 1 where p.i > 4900 and p.i < 5100`,
    `select p.i, q.s from '${q}' q right join '${p}' p on p.i = q.i and q.k = 1 where p.i > 4900`,
    `select p.n, q.n, p.i from (select * from '${p}' where i < 50) p full join (from '${q}' where i < 30) q on p.n = q.n`,
    `select n, count(*) from '${p}' full join (select n + 20 as n from '${q}') using (n) group by n`,
    `select k, s from '${p}' p left join '${r}' r using (k)`,
    `select k, name from '${p}' right join '${r}' r using (k)`,
    `select i from '${p}' p semi join '${q}' q on p.n = q.n and q.i < 10`,
    `select i from '${p}' p anti join '${q}' q on p.n = q.n`,
    `select r.name, x.c from '${r}' r left join (select k, count(*) c from '${p}' group by k) x on x.k = r.k and x.c > 1285`,
    `select count(*) from '${r}' a left join '${r}' b on a.k < b.k`,
    `select a.k, b.k from '${r}' a full join '${r}' b on a.k < b.k - 25`,
    `select p.k, q.k from '${p}' p left join '${q}' q on p.i = q.i where q.i is null and p.k = 2`,
  ],
  'columns of a table that has a name, where another item has that alias': [
    `select distinct on (p.k) p.k as x, p.i as k from '${p}' p order by p.k, p.i`,
    `select distinct on (p.k) p.k as x, -p.i as k from '${p}' p order by p.k, p.i desc`,
    `select p.i as n, p.n as i from '${p}' p where p.i < 40 order by p.i desc limit 5`,
    `select p.n as k, p.k as n, p.i from '${p}' p where p.i < 40 qualify row_number() over (partition by p.k order by p.i) = 1 order by p.k`,
    `select p.s as k, count(*) as s from '${p}' p group by p.s having p.s > 'v1' order by p.s`,
    `select 2 as x, p.i from '${p}' p where p.i < 9 order by x, p.i desc`,
  ],
  'grouping sets': [
    `select s, n, count(*) from '${p}' group by rollup (s, n) order by all`,
    `select s, n, sum(i), grouping(s, n), grouping_id(n) g from '${p}' group by cube (n, s) having count(*) > 3`,
    `select s as x, k % 2, sum(k), avg(d), count(distinct n) from '${p}' group by grouping sets ((x, 2), (2), ()) order by grouping(x), x, 2`,
    `select k, s, n, median(i), count(distinct n) from '${p}' group by k, rollup (s, n)`,
    `select s, mode(k % 2) filter (i > 4), list(distinct k order by k) from '${p}' group by grouping sets ((s), ())`,
    `select s, count(*), grouping(s) from '${none}' cross join (select 's' s) group by rollup (s)`,
    `select k, k, count(distinct k), sum(distinct k), count(k) from '${p}' group by rollup (k)`,
    `select s, k, sum(i) t, rank() over (partition by grouping(s) order by sum(i), s, k) as r from '${p}' group by cube (s, k) qualify r < 3`,
    `select coalesce(s, 'all') || k as x, max(n) + k from '${p}' group by grouping sets ((s, k), (k))`,
    `select s, count(*) from '${p}' where k > 100 group by grouping sets ((s), ())`,
  ],
  'distinct aggregates': [
    `select count(distinct n), count(distinct s), count(*), sum(distinct n), avg(distinct k), max(d) from '${p}'`,
    `select k, count(distinct n), count(distinct s) filter (i % 2 = 0), sum(n) from '${p}' group by k`,
    `select k, count(distinct n) from '${p}' group by k`,
    `select count(distinct (s, k)), count(distinct {'a': n}), count(distinct day) from '${p}'`,
    `select count(distinct n) from '${none}'`,
    `select i % 3 as partition, count(distinct n) + count(distinct k) * 2, stddev(distinct n) from '${p}' group by 1`,
    `select k, count(distinct n) as partvalue0, sum(i) as partset, count(*) as part0 from '${p}' group by k`,
    `select n, count(distinct n), count(n) from '${p}' group by n having count(distinct k) > 2`,
  ],
  'subqueries and common tables': [
    `with t as (select k, count(*) c from '${p}' group by k) select max(c) from t`,
    `with t as (select k, count(*) c from '${p}' group by k) select a.k, b.c from t a join t b on a.k = b.k + 1`,
    `with t(a, b) as (select k, s from '${p}'), u as (select a, count(*) c from t group by a) select t.b, u.c from t join u using (a)`,
    `select x.kk + 1 from (select k as kk, sum(d) as v from '${p}' group by 1 order by v desc limit 3) x where v > 3`,
    `select avg(c) from (select n, count(*) as c from '${p}' group by n) where c > 3`,
    `select * from (select a.k, b.k from '${p}' a join '${q}' b on a.i = b.i where a.i < 40)`,
    `select u.s from (select * from '${p}') as u(a, b) where a < 4`,
    `select x, count(*) from (values (1), (2), (3)) v(x) join '${p}' p on p.k = v.x group by x`,
    `select g.range, count(*) from range(4) g join '${p}' p on p.k = g.range group by all`,
    `with recursive t(x) as (select 1 union all select x + 1 from t where x < 5) select x, count(*) from t join '${p}' on k = x group by x`,
    `from (from '${p}' select k, i where i < 9) select k where i > 3`,
  ],
  'combined SELECTs': [
    `select k from '${p}' where i < 9 union all select k from '${q}' where i < 5 order by k limit 7`,
    `select k, s from '${p}' union select k, s from '${q}' order by all`,
    `select k, n from '${p}' except select k, n from '${q}' where n > 5`,
    `select n from '${p}' intersect select n from '${q}'`,
    `select n from '${p}' where i < 400 except all select n from '${q}' where i < 100`,
    `select n from '${p}' where i < 400 intersect all select n from '${q}' where i < 100`,
    `select count(*) from (select k from '${p}' union select w from '${r}')`,
    `(select i from '${p}' order by i desc limit 3) union all (select i from '${q}' order by i limit 2) union all select 7`,
    `select k as a from '${p}' union all select n as b from '${q}' order by a desc nulls last, 1 limit 3`,
  ],
  'IN and EXISTS': [
    `select i from '${p}' where n in (select n from '${q}' where k = 3)`,
    `select i from '${p}' where n not in (select n from '${q}' where n is not null and n < 20)`,
    `select i from '${p}' where n not in (select n from '${q}')`,
    `select i from '${p}' where n not in (select n from '${none}')`,
    `select i from '${p}' where i in (select max(i) from '${p}' group by k)`,
    `select count(*) from '${p}' p where exists (select 1 from '${q}' q where q.i = p.i and q.k <> p.k)`,
    `select count(*) from '${p}' p where not exists (select * from '${q}' where n = p.n and i > 100)`,
    `select count(*) from '${p}' where exists (select * from '${none}')`,
    `select count(*) from '${p}' where not exists (select * from '${none}') and k = 2`,
    `select count(*) from '${p}' p join '${r}' r using (k) where p.i in (select q.i from '${q}' q where q.k = r.k)`,
    `select k, count(*) from '${p}' where k in (select k from '${r}' where w > 3) and n not in (1, 2) group by k`,
  ],
  'scalar subqueries': [
    `select i from '${p}' where d = (select max(d) from '${p}') and i < 300`,
    `select k, sum(d) from '${p}' group by k having sum(d) > (select avg(d) from '${p}') * 1286 order by k`,
    `select i, (select max(w) from '${r}') as m from '${p}' where i < 5`,
    `select k, i from '${p}' p where i > (select avg(i) from '${p}' x where x.k = p.k) and p.n = 3`,
    `select k from '${r}' r where (select count(*) from '${p}' p where p.k = r.k) = 0`,
    `select k from '${r}' r where 1 + (select count(*) + coalesce(sum(n), 5) from '${q}' q where q.k = r.k and q.i < 3) < 9`,
    `select i from '${p}' where i = (select i from '${none}')`,
    `select i from '${p}' where i = (select w::int from '${r}' order by w desc limit 1)`,
    `select i + (select max(w) from '${r}') from '${p}' where i < 4`,
  ],
  windows: [
    `select k, row_number() over (partition by k order by i) rn from '${p}' qualify rn = 1 order by k`,
    `select i, sum(d) over (partition by k order by i rows between 2 preceding and current row) from '${p}'`,
    `select i, rank() over (partition by k, s order by n, i), count(*) over (partition by k) c from '${p}'`,
    `select i, lag(i) over (order by i) from '${p}' where i < 3000`,
    `select k, sum(sum(d)) over (partition by k % 2), rank() over (order by count(*), k) from '${p}' group by k`,
    `select k, count(*) c, first_value(k) over (order by count(*) desc, k) from '${p}' group by k having count(*) > 3`,
    `select distinct on (k) k, i from '${p}' order by k, i`,
    `select distinct on (n) n, i, s from '${p}' order by n desc nulls first, i desc limit 5`,
    `select i from '${p}' qualify dense_rank() over (partition by s order by d desc) = 1`,
    `select p.i, max(r.w) over (partition by r.k) from '${p}' p join '${r}' r using (k) where p.i < 100 order by 1`,
  ],
};

/** Understood in part, or not at all: with the reason that explain gives. */
const gathered: readonly (readonly [sql: string, reason: RegExp])[] = [
  [
    `with t as (select k, random() x from '${p}') select count(*) from t a join t b using (x) where a.k <> b.k`,
    /other rows each time/,
  ],
  [`select count(*) from '${p}' a positional join '${q}' b`, /its rows meet by their places/],
  [
    `select i, (select max(q.n) from '${q}' q where q.i < p.i and random() < 2) from '${p}' p where i < 9`,
    /values of chance/,
  ],
];

const settings = [
  { broadcastBytesMax: 64 * 1024 * 1024, rereadBytesMax: 1024 * 1024 },
  { broadcastBytesMax: 0, rereadBytesMax: 0 },
];

function check(text: string): readonly string[] {
  const whole = `SELECT * FROM (${text})`;
  const schema = bench.connection.describe(whole);
  const expected = bench.connection.rows(whole);
  const notes = settings.map((limits) => {
    const staged = bench.plan({ kind: 'sql', text }, { config: { ...bench.config, ...limits }, slots: 3 });
    const table = runLocally(staged, bench.connection, { directory: bench.directory });
    const ordered = / order by /.test(text.replace(/\([^()]*\)/g, '').replace(/\([^()]*\)/g, ''));
    assertSameRows(bench.connection.rows(`FROM ${table}`), expected, ordered, text);
    assert.deepEqual(staged.schema, schema, text);
    return staged.notes.map((note) => note.text).filter((note) => note.startsWith('the query runs in one task'));
  });
  return notes.flat();
}

const plainRelations = /^the query runs in one task: (it reads no file|it is recursive)/;

for (const [family, texts] of Object.entries(families)) {
  test(`${family} in SQL are distributed and answer as DuckDB does`, () => {
    for (const text of texts)
      assert.deepEqual(
        check(text).filter((note) => !plainRelations.test(note)),
        [],
        text,
      );
  });
}

test('what no rule understands runs in one task, with the reason', () => {
  for (const [text, reason] of gathered) assert.match(check(text).join(), reason, text);
});
