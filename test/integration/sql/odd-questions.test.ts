/** Questions that are odd or wrong, on a cluster: DuckDB's answers, and errors in the user's own words. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatTable } from '../../../client/format/table.ts';
import { SheafError } from '../../../shared/errors.ts';
import { clusterBesideDuckdb } from '../../support/cluster/beside-duckdb.ts';

const { cluster, folder, connection } = await clusterBesideDuckdb({
  taskBytesMin: 1,
  wideBytesMax: 0,
  broadcastBytesMax: 0,
  rereadBytesMax: 0,
});

const p = join(folder, 'p.parquet');
connection.execute(`COPY (SELECT i, i % 7 AS k, 'v' || i AS s, 1.5::DECIMAL(4, 2) AS d FROM range(5000) t(i))
  TO '${p}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
const c = join(folder, 'c.csv');
connection.execute(`COPY (SELECT i, i % 7 AS k, 'n' || i AS name FROM range(50) t(i)) TO '${c}'`);

/** Structs whose fields have no names, so that no text means their type. */
const unnamed: readonly string[] = [
  `select (k, d) as pair, count(*) as n from '${p}' group by pair order by pair`,
  `select k, min(row(i, s)) as m, max((i, k)) as n, first(row(s, i) order by i) as f from '${p}' group by k order by k`,
  `with t as (select row(k, i) as r from '${p}') select r, r[1] + 1 as x from t order by r limit 2`,
  `select a.r from (select row(k, i) as r from '${p}') a join (select row(k, i) as r from '${c}') b on a.r = b.r order by 1`,
  `select row(k, sum(i)) as r, [row(1, k)] as l, row(1, row(k)) as s from '${p}' group by k order by all`,
  `select distinct row(k, 1) as r from '${p}' union select row(i, 2) from '${c}' order by r`,
  `select row(s, i) as r from '${p}' where i < 0`,
];

test('rows as values are distributed, and printed as DuckDB prints them', async () => {
  for (const sql of unnamed) {
    const lines = formatTable(await cluster.sql(sql).collect())
      .split('\n')
      .slice(3, -1);
    const cells = lines.map((line) =>
      line
        .slice(1, -1)
        .split('│')
        .map((cell) => cell.trim()),
    );
    const expected = connection.rows(`SELECT COLUMNS(*)::VARCHAR FROM (${sql})`);
    assert.deepEqual(
      cells,
      expected.map((row) => Object.values(row).map((value) => String(value).replaceAll('NULL', 'null'))),
      sql,
    );
  }
});

/** What fails while it runs, in stages of the planner's own SQL. */
const failing: readonly string[] = [
  `select s::int as x from '${p}'`,
  `select k, max(s)::int as x from '${p}' group by k`,
  `select count(distinct s::int) from '${p}'`,
  `select (select max(name) from '${c}')::int from '${p}'`,
  `select i from '${p}' where i in (select name::int from '${c}')`,
  `select row_number() over (partition by k order by s::int) from '${p}'`,
  `select * from '${p}' order by s::int`,
  `select k from '${p}' group by k having max(s)::int > 0`,
  `select a.s::int from '${p}' a join '${c}' b on a.k = b.k`,
  `select (select s from '${p}' where i < 3) as two`,
];

test('what fails while it runs shows none of the planner’s SQL', async () => {
  for (const sql of failing) {
    await assert.rejects(cluster.sql(sql).collect(), (thrown) => {
      const { code, message, next, details } = SheafError.from(thrown);
      assert.equal(code, 'QUERY_FAILED', message);
      const told = [message, next, JSON.stringify(details)].join('\n');
      assert.doesNotMatch(told, /LINE \d|\bpart\w*\d|\bin\d|_\d+\b|previous|sheaf_partition|SET scalar/, sql);
      return true;
    });
  }
});

test('what is wrong with a template, or a dataset, is told without names that nobody wrote', async () => {
  const [rows, text] = [cluster.read.parquet(p), cluster.read.csv(c)];
  const wrong: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
    [
      () => cluster.sql`select nope from ${rows}`.collect(),
      /no column "nope" in dataset 1 of the template[\s\S]*: i, k, s, d\./,
    ],
    [() => cluster.sql`select a.nope from ${rows} a join ${text} b using (i)`.collect(), /no column "nope" in a, b/],
    [
      () => cluster.sql`select k from ${rows} join ${text} on true`.collect(),
      /Ambiguous[\s\S]*Give the datasets names/,
    ],
    [() => cluster.sql`select q.i from ${rows}`.collect(), /no table "q"/],
    [() => cluster.sql`select s + 1 from ${rows}`.collect(), /LINE 1: select s \+ 1 from \$\{dataset\}\n {17}\^/],
    [() => rows.select('i', 'nope' as 'i').collect(), /no column "nope" in the selection/],
    [
      () =>
        rows
          .groupBy('nope' as 'i')
          .agg({ n: 'count(*)' })
          .collect(),
      /no column "nope" in aggregation/,
    ],
    [() => rows.filter('i >').collect(), /LINE 1: i >\n {11}\^/],
  ];
  for (const [asked, words] of wrong)
    await assert.rejects(asked(), (thrown) => {
      const { message, next } = SheafError.from(thrown);
      assert.match(`${message}\n${next}`, words);
      assert.doesNotMatch(`${message}\n${next}`, /dataset\d|"dataset/);
      return true;
    });
});
