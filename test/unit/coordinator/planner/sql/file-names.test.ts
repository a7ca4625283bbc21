import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sqlPlan } from '../../../../../client/sql/plan.ts';
import type { PlanNode } from '../../../../../shared/plan/node.ts';
import { assertAsDuckDb } from '../../../../support/planner/as-duckdb.ts';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench } from '../../../../support/planner/planner.ts';
import { assertSameRows } from '../../../../support/same-rows.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());
for (const i of [1, 2]) bench.file(`n${i}.parquet`, `SELECT ${i} AS id, 'x' AS s`);

/** What DuckDB answers where it runs in the folder of the files. */
function inFolder(text: string) {
  const before = process.cwd();
  process.chdir(bench.directory);
  try {
    return bench.connection.rows(text);
  } finally {
    process.chdir(before);
  }
}

const questions = [
  "select id, filename from 'n*.parquet' where filename = './n1.parquet'",
  "select filename, count(*) as n from './n*.parquet' group by filename order by filename desc",
  "select upper(t.filename), t.filename as f from 'n*.parquet' t order by t.filename",
  "select x.filename, n from (select filename, count(*) as n from 'n*.parquet' group by all) x order by x.filename",
  "with f as (select filename, id from 'n?.parquet') select distinct filename from f where filename <> './n2.parquet'",
  "select filename from 'n1.parquet' union select filename from 'n2.parquet' order by filename",
  "select * from read_parquet('./n*.parquet', filename = true) where filename like './n%' order by all",
  "select * from read_parquet('n*.parquet', filename := true) order by all",
  "select t.*, length(filename) from read_parquet('n1.parquet', filename = true) t(a, b)",
  "select read_parquet.filename, file_row_number from read_parquet('n1.parquet') order by all",
  "select * from read_parquet('n*.parquet', filename = false) order by all",
  "select file from glob('n*.parquet') order by file",
  "select count(*) as n, min(g.file) as f from glob('./n?.parquet') g where file <> './n1.parquet'",
];

test('names of files begin as the text named the files', async () => {
  for (const text of questions) {
    const draft = { text, relations: [], parameters: [], functions: [] };
    const plan = (await sqlPlan(draft, bench.directory)({} as never)) as PlanNode;
    const table = runLocally(bench.plan(plan), bench.connection, { directory: bench.directory });
    const [rows, wanted] = [bench.connection.rows(`FROM ${table}`), inFolder(text)];
    assertSameRows(rows, wanted, /order by/.test(text), text);
    assert.deepEqual(Object.keys(rows[0] ?? {}), Object.keys(wanted[0] ?? {}), text);
  }
});

const planned = async (text: string) =>
  bench.plan((await sqlPlan({ text, relations: [], parameters: [], functions: [] }, '/')({} as never)) as PlanNode);

test('a file without quotes is told from a table of a schema, a parameter in place of a table from a value', async () => {
  await assert.rejects(planned('from n1.parquet'), { code: 'SQL_INVALID', next: /'n1\.parquet'/ });
  for (const text of ['select 1 from $path', "select 1 from 'n1.parquet' join ? using (id)"]) {
    await assert.rejects(planned(text), { code: 'SQL_INVALID', next: /read_parquet\(\$path\)/ }, text);
  }
  await assert.rejects(planned('select 1 frm $path'), { next: /Correct the SQL/ });
});

test('a list of columns in a call is called by what the file is called in SQL', () => {
  const path = bench.file('pairs.parquet', 'SELECT i, i % 7 AS k FROM range(9000) t(i)');
  for (const text of [
    `select coalesce(*columns(['i', 'k'])), i+1, 1.50 from '${path}'`,
    `select struct_pack(*columns(['i', 'k'])) from '${path}' p where i < 9`,
    `select greatest(*columns('^[ik]$')), (select max(k) from '${path}') from '${path}' where i < 9`,
  ])
    assertAsDuckDb(bench, text);
});
