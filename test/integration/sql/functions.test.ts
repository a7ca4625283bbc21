/** TypeScript functions that SQL calls, on a cluster, against what DuckDB answers with functions of its own. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RecordBatch } from 'apache-arrow';
import type { Dataset, SheafError } from '../../../client/index.ts';
import { clusterBesideDuckdb } from '../../support/cluster/beside-duckdb.ts';
import { ownCount, ownMean } from '../../support/cluster/own-aggregates.ts';
import { assertSameRows, isOrdered } from '../../support/same-rows.ts';

const { cluster, folder, connection } = await clusterBesideDuckdb({ taskBytesMin: 1, functionGroupsMax: 50 });

const t = join(folder, 't.parquet');
connection.execute(`COPY (SELECT i::INTEGER AS i, (i % 7)::INTEGER AS k, ['a', 'bb', 'ccc', NULL][1 + i % 4] AS s,
    i / 3.0::DOUBLE AS x, timestamp '2001-01-01' + interval (i) minute AS moment, [i, i + 1] AS list
  FROM range(20000) t(i)) TO '${t}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
const u = join(folder, 'u.csv');
connection.execute(`COPY (SELECT i AS id, 'n' || i AS name FROM range(9) t(i)) TO '${u}' (FORMAT csv)`);

const suffix = '!';
cluster.fn('shout', ({ text }, { times }) => (text === null ? null : text.toUpperCase() + suffix.repeat(times)), {
  args: { text: 'varchar' },
  returns: 'varchar',
  params: { times: 2 },
});
const plus = cluster.fn('plus', ({ a, b }) => (a === null || b === null ? null : a + b), {
  args: { a: 'integer', b: 'integer' },
  returns: 'integer',
});
cluster.fn('root', (batch: RecordBatch) => Array.from(batch.getChild('x') ?? [], (x: number) => Math.sqrt(x)), {
  args: { x: 'double' },
  returns: 'double',
  batches: true,
});
cluster.fn('later', async ({ at }) => new Date((at?.getTime() ?? 0) + 60_000), {
  args: { at: 'timestamp' },
  returns: 'timestamp',
});
cluster.fn('chance', () => Math.random(), { args: {}, returns: 'double', deterministic: false });
const mean = ownMean(cluster);
ownCount(cluster);

/** DuckDB's own in place of ours. */
const macros = `CREATE OR REPLACE TEMP MACRO shout(text) AS upper(text) || '!!';
  CREATE OR REPLACE TEMP MACRO plus(a, b) AS (a + b)::INTEGER;
  CREATE OR REPLACE TEMP MACRO root(x) AS sqrt(x);
  CREATE OR REPLACE TEMP MACRO later(m) AS m + interval 1 minute`;
for (const macro of macros.split(';')) connection.execute(macro);

async function check(dataset: Dataset, expected: string): Promise<void> {
  const rows = (await Array.fromAsync(dataset.rows())).map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])),
  );
  const wanted = connection
    .rows(expected)
    .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
  assertSameRows(rows, wanted, isOrdered(expected), expected);
}

const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  return value instanceof Date
    ? value
        .toISOString()
        .replace('T', ' ')
        .replace(/\.?0*Z$/, '')
    : value;
};

const ask = (sql: string): Promise<void> =>
  check(cluster.sql(sql), sql.replaceAll('own_mean(', 'avg(').replaceAll('own_count()', 'count(*)'));

test('functions over rows, wherever an expression stands', async () => {
  for (const sql of [
    `select i, shout(s) as loud, plus(i, k) + 1 as more from '${t}' where i < 3000`,
    `select count(*)::int as n from '${t}' where shout(s) = 'BB!!' and k > 2`,
    `select shout(s) as loud, sum(plus(i, 1))::double as total from '${t}' group by all order by loud`,
    `select k, max(plus(k, plus(i, 1))) as most from '${t}' group by k having plus(max(i), 0) > 19995 order by k`,
    `select shout(max(s)) as loud, plus(count(*)::int, 1) as n from '${t}' where k = 3`,
    `select case when i % 2 = 0 then shout(s) else 'odd' end as c, i from '${t}' where i < 100 order by plus(-i, 0), i limit 7`,
    `select a.i, b.name from '${t}' a join '${u}' b on plus(plus(a.k, 0), 1) = b.id where shout(b.name) <> 'N3!!' and a.i < 50`,
    `select a.i, b.name from '${t}' a join '${u}' b on a.k = b.id and plus(a.i, b.id::int) % 5 = 0 where a.i < 90`,
    `select a.i, b.name from '${t}' a left join '${u}' b on plus(a.k, 3) = b.id where a.i < 50`,
    `select i, row_number() over (partition by shout(s) order by plus(i, 0)) as nth from '${t}' where i < 500`,
    `with loud as (select distinct shout(s) as w from '${t}') select w from loud union all select shout(name) from '${u}'`,
    `select i from '${t}' where plus(i, 0) in (select plus(id::int, 5) from '${u}')`,
    `select x, shout(y) as z from (values (1, 'p'), (2, null)) v(x, y)`,
    `select k, shout(s) as loud, grouping(k) as g, count(*) as n from '${t}' group by rollup (k, s)`,
    `select shout('only') as one`,
    `select distinct shout(s) from '${t}' where k = 1 order by 1 desc limit 2`,
    `select i, (select max(plus(b.id::int, 2)) from '${u}' b where b.id < a.k) as m from (select plus(i, 0) as i, k, s from '${t}' order by i limit 40) a where shout(s) = 'BB!!'`,
    `select i, l.name from '${t}' a, lateral (select name from '${u}' b where plus(b.id::int, 1) > a.k order by shout(name) limit 2) l where plus(i, 0) < 9 order by all`,
  ]) {
    await ask(sql);
  }
});

test('functions in conditions over both sides of joins that are not inner', async () => {
  const some = `(select i, k, s from '${t}' where i % 500 < 3 union all select null, null, 'x' union all select 3, 3, 'd')`;
  const few = `(select *, id % 4 as g from '${u}' union all select null, 'none', 1 union all select 8, 'again', 0)`;
  for (const join of ['left', 'right', 'full']) {
    await ask(
      `select a.i, a.s, b.id, b.name from ${some} a ${join} join ${few} b on plus(a.k, b.id::int) = 9 order by all`,
    );
    await ask(
      `select a.i, b.name from ${some} a ${join} join ${few} b on a.k = b.g and plus(a.i, b.id::int) % 3 = 0 and a.i < 9000 and plus(b.id::int, 1) > 2 order by all`,
    );
  }
  for (const join of ['semi', 'anti'])
    await ask(`select i, s from ${some} a ${join} join ${few} b on a.k > b.g and plus(a.i, b.id::int) % 7 = 2`);
});

test('functions in questions that are gathered: of what one table has, of parts that stand alone, of the result', async () => {
  const small = `(select * from '${t}' where i < 60)`;
  for (const sql of [
    `select unnest(list) as one, shout(s) as loud from '${t}' where i < 50 order by all`,
    `select *, unnest([1, 2]) as two, plus(a.i, a.k) as p from ${small} a order by all`,
    `select a.* exclude (list, moment), shout(b.name) as loud from (select * from '${t}' order by i limit 4) a positional join (select * from '${u}' order by id limit 3) b order by i`,
    `select plus(a.i, b.id::int) as both, shout(a.s) as loud from (select * from '${t}' order by i limit 4) a positional join (select * from '${u}' order by id limit 5) b order by all`,
    `select shout(max(s)) as loud, plus(k, count(*)::int) + 1 as n, k from '${t}' group by grouping sets ((k), (k)) order by k, n`,
    `select distinct shout(max(s)) as loud from '${t}' group by grouping sets ((k), (k)) order by loud desc limit 3`,
    `with recursive r(n, w) as (select 1, shout('a') union all select n + 1, w from r where n < 4) select n, w, plus(n, 1) as m from r order by n`,
    `with recursive r(n) as (select 1 union all select t.i from '${t}' t join r on plus(t.i, 1) = r.n + 2 where r.n < 9) select n from r order by n`,
    `select shout(s) as w, k from ${small} union all by name select k, shout('x') as w from '${t}' where i < 3 order by all`,
    `select i from ${small} order by plus(i, 0) % 10, i limit 10%`,
    `select sum(plus(i, 1))::double as total from ${small} limit 50%`,
    `with w as (select shout(s) as loud, i, row_number() over (order by i) as nth from ${small} limit 20) select a.loud, b.nth from w a join w b on a.i = b.i + 1 order by all limit 50%`,
    `pivot (select k, plus(i, 1) as p, shout(s) as w from ${small}) on k in (1, 2) using sum(p)::double as total group by w order by all`,
    `select i, (select max(plus(b.id::int, 2)) from '${u}' b where b.id < a.k) as m from ${small} a order by i limit 10%`,
    `select shout(s collate nocase) as loud from ${small} order by i limit 3`,
    `select list_transform(list, x -> x + plus(i, k)) as l from ${small} order by i limit 5%`,
    `select unnest(list) as one, 'a' || shout(s) as "as it is", k from ${small} order by all`,
    `select upper(shout(s)), plus(i, 1) + k from ${small} order by 2 limit 10%`,
    `select plus(a.k, 1) as c, count(*) as n, max(plus(a.k, 2)) as m from (select * from '${t}' order by i limit 9) a positional join (select * from '${u}' order by id limit 9) b group by a.k, a.s order by all`,
    `select shout(max(shout(a.s))) as w, a.k from (select * from '${t}' order by i limit 9) a positional join (select * from '${u}' order by id limit 9) b group by a.k order by all`,
    `select shout(a.s) as w, count(*) as n from (select * from '${t}' order by i limit 9) a positional join (select * from '${u}' order by id limit 9) b group by shout(a.s) order by all`,
    `select (k = any(select plus(b.id::int, 1) from '${u}' b)) as is_one, count(*) as n from ${small} group by (k = any(select plus(b.id::int, 1) from '${u}' b)) order by all limit 90%`,
  ]) {
    await ask(sql);
  }
});

test('functions over batches, and those that return promises', async () => {
  await ask(`select root(x) as r, i from '${t}' where root(x) > 50`);
  await ask(`select k, avg(root(x + 1)) as r from '${t}' group by k`);
  await ask(`select i, later(moment) as soon from '${t}' where i < 5000`);
  await ask(`select max(later(moment)) as last from '${t}'`);
});

test('aggregate functions: in two steps, over groups, filtered, beside others', async () => {
  for (const sql of [
    `select own_mean(x) as m from '${t}'`,
    `select k, own_mean(x) as m from '${t}' group by k order by k`,
    `select i % 1000 as g, own_count() as n from '${t}' group by g`,
    `select s, own_mean(i) + 1 as m, own_count() as n, own_mean(x) filter (where k = 2) as f from '${t}' group by s`,
    `select k, count(*) as n, own_mean(x) as m, sum(x) as total, count(distinct s) as d, median(i) as mid from '${t}' group by k`,
    `select k + 1 as kk, own_mean(plus(i, k)) as m, list(i order by i)[1:2] as l from '${t}' where i < 500 group by k + 1`,
    `select own_mean(x) as m, own_count() as n, count(*) as all_rows from '${t}' where i < 0`,
    `select k, own_mean(x) as m from '${t}' where i < 0 group by k`,
    `select k, s, grouping(s) as g, own_mean(x) as m from '${t}' group by rollup (k, s)`,
    `select k % 2 as p, s, grouping(k % 2) + 1 as g, own_count() as n, count(s) as c from '${t}' group by grouping sets ((k % 2, s), (s), ())`,
    `select k from '${t}' group by k having own_mean(i) > 9999 order by k`,
    `select list, s, own_count() as n from '${t}' where i < 1000 group by list, s`,
    `select round(own_mean(x)) as r, shout(max(s)) as s from '${t}' group by k order by own_mean(x) limit 3`,
    `select k, m from (select k, own_mean(x) as m from '${t}' group by k) where m > 3300`,
  ]) {
    await ask(sql);
  }
});

test('functions stand in templates, over datasets, and in views', async () => {
  const some = cluster.read.parquet(t).filter('i < 700');
  const dataset = cluster.sql`select k, ${mean}(x) as m, ${plus}(k, ${3}) as p from ${some} group by k`;
  await check(dataset, `select k, avg(x) as m, k + 3 as p from '${t}' where i < 700 group by k`);
  await cluster.createView('loud', `select i, shout(s) as w from '${t}' where i < 10`);
  await check(
    cluster.sql('select w, count(*) as n from loud group by w'),
    `select upper(s) || '!!' as w, count(*) as n from '${t}' where i < 10 group by all`,
  );
});

test('the planner places calls: filters come before, rows of states are exchanged', async () => {
  const text = await cluster
    .sql(`select k, own_mean(x) as m from '${t}' where shout(s) = 'A!!' and i > 5 group by k`)
    .explain();
  assert.match(text, /accumulate .*\n.*gives/);
  assert.match(text, /finish/);
  assert.doesNotMatch(text, /runs in one task/);
  assert.match(text, /scan t.parquet → filter → select → scalar shout \(.* → accumulate own_mean/);
});

test('a function declared impure is called where it stands', async () => {
  const [row] = await Array.fromAsync(
    cluster.sql(`select count(distinct chance())::int as n from '${t}' where i < 1000`).rows(),
  );
  assert.ok(Number(row?.n) > 990);
  const twice = cluster.sql(
    `select count(*)::int as n from (select chance() as a, chance() as b from '${t}') where a = b`,
  );
  assert.deepEqual(await Array.fromAsync(twice.rows()), [{ n: 0 }]);
  const text = await cluster
    .sql(`select chance() as a, chance() as b, plus(i, 1) + plus(i, 1) as c from '${t}'`)
    .explain();
  assert.equal(text.match(/^ *runs +scalar /gm)?.length, 3, text);
});

const refusal = async (sql: string): Promise<SheafError> => {
  const error = await cluster
    .sql(sql)
    .count()
    .then(
      () => undefined,
      (thrown: unknown) => thrown as SheafError,
    );
  assert.ok(error, sql);
  return error;
};

test('what is wrong with a call is told in its own words', async () => {
  const nearest = await refusal(`select shuot(s) from '${t}' where plus(i, 1) > 0`);
  assert.match(nearest.next ?? '', /"shout"/);
  assert.match((await refusal(`select own_maen(x), plus(1, 2) from '${t}'`)).next ?? '', /Did you mean "own_mean"/);
  assert.match((await refusal(`select plus(i) from '${t}'`)).message, /plus takes 2 arguments and gets 1/);
  assert.match(
    (await refusal(`select shout(moment) from '${t}'`)).message,
    /argument text of shout is VARCHAR; .*moment.* is TIMESTAMP/,
  );
  assert.match((await refusal(`select shout(t.nope) from '${t}' t`)).message, /nope/);
  assert.match((await refusal(`select own_mean(x) over () from '${t}'`)).message, /before OVER/);
  assert.match((await refusal(`select own_mean(distinct x) from '${t}'`)).message, /no DISTINCT/);
  const lambda = await refusal(`select i,\n  list_transform(list, x -> plus(x::int, 1)) as l from '${t}'`);
  assert.equal(lambda.code, 'NOT_SUPPORTED');
  assert.match(lambda.message, /plus cannot be called in this question: it stands in a lambda/);
  assert.match(lambda.message, /LINE 2: {3}list_transform\(list, x -> plus\(.*\n {36}\^$/);
  assert.match(lambda.next ?? '', /[Uu]nnest/);
  const recursive = await refusal(
    `with recursive r(n) as (select 1 union all select plus(n, 1) from r where n < 4) select n from r`,
  );
  assert.match(recursive.message, /recursive part.*\n\nLINE 1: .*\n +\^/s);
  const sides = await refusal(
    `select a.i from '${t}' a asof join '${u}' b on a.i >= b.id and plus(a.k, b.id::int) = 3`,
  );
  assert.match(sides.message, /plus cannot be called there: it speaks of both sides/);
  const thrower = cluster.fn(
    'thrower',
    ({ i }) => {
      if (i === 77) throw new Error('seventy-seven');
      return i;
    },
    { args: { i: 'integer' }, returns: 'integer' },
  );
  await assert.rejects(
    cluster.sql`select max(${thrower}(i)) from ${cluster.read.parquet(t)}`.collect(),
    /seventy-seven/,
  );
  cluster.fn('wrong', () => 'text' as unknown as number, { args: { i: 'integer' }, returns: 'integer' });
  assert.equal((await refusal(`select wrong(i) as w from '${t}' where w > 0`)).code, 'FUNCTION_RESULT');
  cluster.fn('typo', () => null, { args: { i: 'intgr' }, returns: 'integer' });
  assert.match((await refusal(`select typo(i) from '${t}'`)).message, /argument i of typo has the type "intgr"/);
  assert.throws(() => cluster.fn('not a name', () => null, { args: {}, returns: 'integer' }), { code: 'PLAN_INVALID' });
});
