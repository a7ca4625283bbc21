import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import type { SheafError } from '../../../../../../shared/errors.ts';
import { runLocally } from '../../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const p = bench.file('p.parquet', 'SELECT i, i % 7 AS k FROM range(1000) t(i)');
const json = bench.path('rows.json');
writeFileSync(json, '[{"a": 1}, {"a": 2}]');

const rowsOf = (text: string): Record<string, unknown>[] => {
  const table = runLocally(bench.plan({ kind: 'sql', text }), bench.connection, { directory: bench.directory });
  return bench.connection.rows(`FROM ${table}`);
};
const explained = (text: string): string => bench.explain({ kind: 'sql', text });

test('a SELECT without FROM whose subqueries read files is distributed', () => {
  for (const text of [
    `select (select count(*) from '${p}') as n, exists (from '${p}' where i = 3) as e`,
    `select 2 as zero, zero + (select max(k) from '${p}') as m`,
    `select 3 in (select k from '${p}') as a, 9 in (select k from '${p}') as b where (select count(*) from '${p}') > 5`,
    `select count(*), (select sum(i) from '${p}')`,
    `select (select max(i) from '${p}') order by 1 limit 1`,
    `select unnest([1, 2]) as u, (select max(i) from '${p}') as m`,
  ]) {
    assert.deepEqual(rowsOf(text), bench.connection.rows(text), text);
    // But for the one row itself, which is DuckDB's.
    const parts = explained(text).replace(
      /query, gathered because .*: SELECT \* FROM \(SELECT \* FROM \(VALUES .*/,
      '',
    );
    if (!/unnest/.test(text)) assert.doesNotMatch(parts, /gathered because/, text);
  }
});

test('what DuckDB itself reads is gathered for that reason, by name', () => {
  for (const [text, reason] of [
    [`select count(*) from '${json}'`, /rows\.json is read by DuckDB itself, in one piece; as NDJSON/],
    [`select * from '${json}' a join '${p}' b on a.a = b.i`, /rows\.json is read by DuckDB itself/],
    [`summarize '${p}'`, /DuckDB itself answers DESCRIBE and SUMMARIZE/],
    [`select * from (describe '${p}') d, '${p}' where k = 1`, /DuckDB itself answers DESCRIBE and SUMMARIZE/],
    [
      `unpivot (select k, sum(i) as s from '${p}' group by k) on s`,
      /UNPIVOT of anything but one table or file cannot be taken apart/,
    ],
    ['select 1', /reads no file that is scanned/],
  ] as const)
    assert.match(explained(text), reason, text);
});

test('SHOW TABLES is refused with the command that lists them: it showed none', () => {
  for (const text of ['show tables', 'show all tables', 'select name from (show tables)'])
    assert.throws(
      () => bench.plan({ kind: 'sql', text }),
      ({ code, next }: SheafError) => code === 'NOT_SUPPORTED' && /npx sheaf tables/.test(next ?? ''),
    );
});

test('columns without an alias that speak of the present are called by what was written', () => {
  for (const text of [
    "select now() > timestamp '2020-01-01', today(), current_date = today(), 1 as now",
    `select now() - interval 1 day, count(*) from read_parquet('${p}')`,
    `select * from (select now(), k from read_parquet('${p}') where k = 3 limit 1)`,
    `select current_timestamp is not null, min(columns(*)) from '${p}'`,
    `select age(timestamp '2020-01-01') > interval 1 day, (select now() > timestamp '2000-01-01')`,
    `select k, now() > timestamp '2000-01-01' from '${p}' group by all order by all`,
  ]) {
    const expected = bench.connection.rows(`describe ${text}`).map(({ column_name }) => column_name);
    const staged = bench.plan({ kind: 'sql', text });
    const names = staged.schema.map(({ name }) => name);
    assert.deepEqual(names, expected, text);
    assert.equal(rowsOf(text).length, bench.connection.rows(text).length, text);
  }
});
