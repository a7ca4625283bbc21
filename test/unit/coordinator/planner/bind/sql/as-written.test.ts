import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sqlPlan } from '../../../../../../client/sql/plan.ts';
import { asWritten } from '../../../../../../coordinator/planner/bind/sql/as-written.ts';
import { SheafError } from '../../../../../../shared/errors.ts';
import type { PlanNode } from '../../../../../../shared/plan/node.ts';
import { PlannerBench } from '../../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());
bench.file('a.parquet', "SELECT 1 AS i, 'x' AS s");

/** What a user sees who asks from the folder of the files. */
async function told(text: string): Promise<SheafError> {
  const draft = { text, relations: [], parameters: [], functions: [] };
  const plan = await sqlPlan(draft, bench.directory)({} as never);
  try {
    bench.plan(plan as PlanNode);
  } catch (thrown) {
    return asWritten(SheafError.from(thrown), plan as PlanNode);
  }
  return assert.fail('it is planned');
}

test('an error shows the text as it was written, its caret where it points to', async () => {
  const syntax = await told("select i from 'a.parquet' wher i > 1 limit b b");
  assert.match(syntax.message, /\n\nLINE 1: select i from 'a\.parquet' wher i > 1 limit b b\n {39}\^$/);
  // DuckDB leaves out the beginning of a long line, and this one was longer.
  const types = await told("select i\nfrom 'a.parquet' where date '2020-01-01' > 3 and s = 'a.parquet'");
  assert.match(
    types.message,
    /\n\nLINE 2: \.{3} 'a\.parquet' where date '2020-01-01' > 3 and s = 'a\.parquet'\n {48}\^$/,
  );
  assert.match(String(types.details?.sql), /^select i\nfrom 'a\.parquet' where/);
});

/** Also those that DuckDB calls by a text in which it prints the file as a table, or as an argument. */
test('a column without an alias is called by the text as it was written', async () => {
  for (const text of [
    "select (select max(i) from 'a.parquet') from 'a.parquet'",
    "select i, (select max(i) from read_parquet('a.parquet')) from 'a.parquet'",
    "select (select max(i) from './a.parquet'), (select min(s) from './a.parquet') from './a.parquet'",
    "select x.* from (select coalesce((select max(i) from read_parquet(['a.parquet'])), 1) from 'a.parquet') x",
    "select x.* from (select (select max(i) from 'a.parquet') from 'a.parquet') x",
    "select i, (select max(i) from 'a.parquet') from read_parquet('a.parquet')",
    "select exists (from 'a.parquet' where i > 3)",
  ]) {
    const draft = { text, relations: [], parameters: [], functions: [] };
    const plan = (await sqlPlan(draft, bench.directory)({} as never)) as PlanNode;
    const names = bench.plan(plan).schema.map(({ name }) => name);
    assert.deepEqual(names, namesInDirectory(text), text);
  }
});

/** What DuckDB calls the columns where it runs in the folder of the files. */
function namesInDirectory(text: string): string[] {
  const before = process.cwd();
  process.chdir(bench.directory);
  try {
    return bench.connection.rows(`describe ${text}`).map(({ column_name }) => String(column_name));
  } finally {
    process.chdir(before);
  }
}
