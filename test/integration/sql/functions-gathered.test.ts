/**
 * TypeScript functions in questions that run in one task but for their calls, against what DuckDB answers with
 * functions of its own.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { clusterBesideDuckdb } from '../../support/cluster/beside-duckdb.ts';
import { ownCount, ownMean } from '../../support/cluster/own-aggregates.ts';
import { assertSameRows, isOrdered } from '../../support/same-rows.ts';

const { cluster, folder, connection } = await clusterBesideDuckdb({ taskBytesMin: 1 });

const t = join(folder, 't.parquet');
connection.execute(`COPY (SELECT i::INTEGER AS i, (i % 7)::INTEGER AS k, ['a', 'B', 'b', NULL][1 + i % 4] AS s,
    i / 3.0::DOUBLE AS x FROM range(600) t(i)) TO '${t}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
const u = join(folder, 'u.csv');
connection.execute(`COPY (SELECT i::INTEGER AS id, 'n' || i AS name FROM range(30) t(i)) TO '${u}' (FORMAT csv)`);

cluster.fn('shout', ({ text }) => (text === null ? null : `${text.toUpperCase()}!`), {
  args: { text: 'varchar' },
  returns: 'varchar',
});
cluster.fn('plus', ({ a, b }) => (a === null || b === null ? null : Number(a) + Number(b)), {
  args: { a: 'bigint', b: 'bigint' },
  returns: 'integer',
});
cluster.fn(
  'below_100',
  ({ i }) => {
    if (i === null || i >= 100) throw new Error(`${i} is too much`);
    return i;
  },
  { args: { i: 'integer' }, returns: 'integer' },
);
cluster.fn('chance', () => Math.random(), { args: {}, returns: 'double', deterministic: false });
ownMean(cluster);
ownCount(cluster);
for (const macro of [
  `shout(text) AS upper(text) || '!'`,
  'plus(a, b) AS (a + b)::INTEGER',
  'below_100(i) AS i::INTEGER',
]) {
  connection.execute(`CREATE TEMP MACRO ${macro}`);
}

const plain = (row: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  );

async function ask(sql: string): Promise<void> {
  const rows = await Array.fromAsync(cluster.sql(sql).rows());
  const own = sql.replaceAll('own_mean(', 'avg(').replaceAll('own_count()', 'count(*)');
  assertSameRows(rows.map(plain), connection.rows(own).map(plain), isOrdered(sql), sql);
}

/** Rows of two tables that meet by their places. */
const pairs = `(select * from '${t}' order by i limit 60) a positional join (select * from '${u}' order by id) b`;

test('calls over the columns of several tables, in every clause', async () => {
  for (const sql of [
    `select a.i, b.name from ${pairs} where plus(a.i, b.id) % 3 = 0 and a.k > 2 order by a.i`,
    `select plus(a.k, b.id) as p, count(*) as n from ${pairs} group by plus(a.k, b.id) order by all`,
    `select plus(a.k, b.id) as p, count(*) as n from ${pairs} group by all having plus(max(a.i), max(b.id)) > 30 order by all`,
    `select a.k, sum(plus(a.i, b.id)) as p from ${pairs} group by a.k having max(plus(a.i, b.id)) > 9 order by all`,
    `select *, plus(a.k, b.id) as p from ${pairs} order by plus(a.i, -b.id), i limit 10%`,
    `select a.i, row_number() over (partition by plus(a.k, b.id) % 3 order by a.i) as nth from ${pairs} qualify plus(nth, b.id) > 5 order by a.i`,
    `select i, name from '${t}' a join '${u}' b on a.k = b.id where plus(a.i, b.id) % 5 = 1 and shout(name) <> 'N3!' order by i limit 20%`,
    `select a.i, plus(a.i, b.id) as p from '${t}' a left join '${u}' b on a.i = b.id where coalesce(plus(a.i, b.id), 4) = 4 order by p, a.i limit 50%`,
    `select k, (select max(plus(a.k, c.id)) from '${u}' c where c.id < b.id) as m from ${pairs} order by a.i limit 40%`,
    `select unnest([a.i, b.id]) as one, shout(a.s || b.name) as w from ${pairs} where plus(a.i, b.id) < 20 order by all`,
    `select count(*) as n from ${pairs} where plus(a.i, b.id) > 7`,
    `select distinct on (plus(a.k, b.id) % 4) a.i, plus(a.k, b.id) % 4 as g from ${pairs} order by plus(a.k, b.id) % 4, a.i`,
    `select i + 1 as i, name as k from ${pairs} where plus(i, id) > 4 order by i + 0, k`,
    `select -i as i, name from ${pairs} where plus(i, id) > 4 order by i`,
    `with w as (select * from '${u}' order by id limit 5) select a.name, b.id from w a join w b on a.id <= b.id where plus(a.id, b.id) = 4 order by all`,
    `select i, name from '${t}' join '${u}' on plus(k, id) = 9 order by all limit 10%`,
    `select name, i from '${t}' t join (select id as k, name from '${u}') u using (k) where plus(k, t.i) % 2 = 1 order by all limit 10%`,
  ]) {
    await ask(sql);
  }
});

test('aggregate functions where the SELECT is gathered', async () => {
  for (const sql of [
    `select own_mean(a.x) as m, own_count() as n from ${pairs}`,
    `select a.k, own_mean(a.i + b.id) as m, count(*) as n, sum(b.id) as s from ${pairs} group by a.k order by a.k`,
    `select a.k, own_mean(a.x) filter (where b.id > 5) as m from ${pairs} where a.i <> 3 group by a.k order by a.k`,
    `select k, own_mean(x) as m from '${t}' group by k order by k limit 50%`,
    `select k, own_mean(x) + 1 as m from '${t}' group by k having own_count() > 85 order by own_mean(x) desc limit 50%`,
    `select k % 3 as k, own_mean(x) as m from '${t}' group by k % 3 order by own_count() + 1, k limit 90%`,
    `select k, s, grouping(k, s) as g, own_mean(x) as m, list(distinct i % 2 order by i % 2) as l from '${t}' group by rollup (k, s) order by all limit 50%`,
    `select k, own_count() as n, grouping(k) as g from '${t}' group by grouping sets ((k), (k), ()) order by all limit 60%`,
    `select k, own_mean(x) as m, max(i) as i from (select * from '${t}' order by i limit 50) group by grouping sets ((k), (k), ()) order by all`,
    `select k + 1 as l, own_mean(x + k) as m, max(s) as i from '${t}' a join (select distinct id from '${u}' order by id limit 2) b on a.k > b.id where plus(a.i, b.id) > 3 group by grouping sets ((k + 1), (k + 1), ()) order by all`,
    `select k % 2 as p, lower(max(s collate nocase)) as t, count(distinct s collate nocase) as d, own_count() as n from '${t}' group by p order by all`,
    `select lower(s collate nocase) as l, own_count() as n, count(distinct s collate nocase) as d from '${t}' where i % 3 > 0 group by s collate nocase order by all`,
    `select lower(any_value(s)) as l, own_count() as n, count(distinct s collate nocase) as d from '${t}' where i % 3 > 0 group by s collate nocase order by all`,
    `select s collate nocase as sc, own_mean(x) as m from '${t}' where i < 500 group by sc order by lower(sc) desc limit 50%`,
    `select max(s collate nocase) as sc, own_mean(x) as m from '${t}' group by i % 9 having max(s collate nocase) > 'A' order by sc desc, m`,
    `select own_mean(x) as m, lower(max(s collate nocase)) as t, k from '${t}' group by rollup (k) order by all`,
    `select count(*) as n, own_mean(x) as m, grouping(s collate nocase) as g from '${t}' group by rollup (k, s collate nocase) order by all`,
    `select distinct on (k) k, own_mean(x) as m from '${t}' group by k, s order by k, own_mean(x) desc limit 100%`,
    `select k, own_count() as n from '${t}' tablesample reservoir(600 rows) group by k order by k`,
    `select (select own_mean(x) from '${t}') as m, i from ${pairs} where plus(a.i, b.id) < 9 order by i`,
    `select count(distinct s collate nocase) as d, own_mean(x) as m from '${t}'`,
    `select k as i, own_mean(i) as k from '${t}' t group by t.k order by all`,
    `select t.k as i, own_mean(t.i) as x from '${t}' t group by t.k`,
    `select unnest([min(i), max(i)]) as one, own_mean(x) as m from '${t}' group by k order by all`,
    `select k, rank() over (order by own_mean(x)) as r, own_mean(x) as m from '${t}' group by k qualify plus(r, k) > 6 order by all limit 80%`,
    `select distinct round(own_mean(x)) as m from '${t}' group by i % 20 order by m limit 20%`,
    `select distinct on (own_count()) own_count() as n, k from '${t}' group by k order by n, k limit 90%`,
    `select shout(max(s)) as w, plus(own_count(), k) as n from '${t}' group by k having plus(own_count(), k) > 87 order by all limit 90%`,
    `select own_mean(x) as m, count(*) as n from '${t}' where i < 0 limit 50%`,
    `select own_mean(x) as m from '${t}' having plus(max(i), 1) > 9 limit 100%`,
    `select s collate nocase as w, own_count() as n, own_mean(x) as m from '${t}' where i < 300 group by s collate nocase order by n, m`,
    `select own_mean(i) as m, k from '${t}' t where s collate nocase = 'B' group by k order by k`,
    `select own_mean((select max(id) from '${u}' where id < k limit 1)) as m from '${t}' limit 100%`,
    `select (select min(id) from '${u}' u where u.id > t.k) as g, own_mean(x) as m from '${t}' t group by all order by all limit 100%`,
    `select k, own_mean(x) as m, (select name from '${u}' u where u.id = t.k) as name from '${t}' t group by k order by k limit 50%`,
    `with recursive r(n) as (select 1 union all select n + 1 from r where n < 9) select n % 2 as p, own_mean(n) as m from r group by p order by p`,
    `with recursive r(n) as (select 1 union all select n + 1 from r where n < 9) select n, own_mean(x) as m from r join '${t}' t on plus(t.k, r.n) = 7 group by n order by n`,
    `with w as (select k, x from '${t}' order by i limit 50) select a.k, own_mean(b.x) as m from w a join w b on a.k = b.k group by a.k order by a.k`,
    `select k from (select k, own_mean(x) as m from '${t}' group by k order by k limit 40%) where m > 3 order by k`,
    `select k, own_mean(x) as m from '${t}' group by k union all by name select own_count() as n, 9 as k from ${pairs} order by all`,
    `select k, n from (select k, own_count() as n from '${t}' group by k) natural join (select k, own_mean(x) as m from '${t}' group by k limit 100%) order by k`,
  ]) {
    await ask(sql);
  }
});

test('functions get the rows that are left', async () => {
  for (const sql of [
    `select below_100(a.i) as i from ${pairs} where a.i < 20 and plus(a.i, b.id) > 7 order by all`,
    `select own_mean(below_100(a.i)) as m from '${t}' a join '${u}' b on a.i = b.id where a.i < 50 limit 100%`,
    `select below_100(i) as i from '${t}' where plus(i, 0) < 99 and i < 100 order by i limit 10%`,
  ]) {
    await ask(sql);
  }
  const different = `select count(distinct c)::int as n from (select chance() as c from ${pairs} where plus(a.i, b.id) < 100 limit 100%)`;
  assert.deepEqual(await Array.fromAsync(cluster.sql(different).rows()), [{ n: 30 }]);
});

test('rows are gathered, and calls are not', async () => {
  const text = await cluster
    .sql(`select a.k, own_mean(plus(a.i, b.id)) as m from ${pairs} where a.i > 3 group by a.k`)
    .explain();
  const [at, ...more] = [...text.matchAll(/^ *query, gathered because (.*)$/gm)].map(([line]) => line);
  assert.match(at ?? '', /its rows meet by their places in the tables: .* WHERE \(a\.i > 3\)/);
  assert.doesNotMatch(at ?? '', /plus|own_mean/);
  assert.deepEqual(more, []);
  assert.match(text, /scalar plus.*→ accumulate own_mean/s);
});
