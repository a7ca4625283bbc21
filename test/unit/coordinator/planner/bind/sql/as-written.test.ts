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
