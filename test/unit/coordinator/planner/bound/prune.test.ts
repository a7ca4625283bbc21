import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PlanNode } from '../../../../../shared/plan/node.ts';
import { runLocally } from '../../../../support/planner/local-executor.ts';
import { PlannerBench, scan } from '../../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());
const input = scan(
  bench.file('t.parquet', "SELECT i AS a, i % 7 AS b, 'v' || i AS c, i / 2 AS d, true AS e FROM range(6000) t(i)"),
);
const columns = (...named: [name: string, sql: string][]) => named.map(([name, sql]) => ({ name, sql }));

function scanned(plan: PlanNode): string {
  const staged = bench.plan(plan);
  runLocally(staged, bench.connection, { directory: bench.directory });
  const inputs = staged.stages.flatMap(({ inputs }) => inputs).filter(({ kind }) => kind === 'splits');
  return inputs.map(({ schema }) => schema.map(({ name }) => name).join()).join(' | ');
}

test('scans yield the columns that are used, wherever', () => {
  const wanted = columns(['x', 'a + 1']);
  const filtered: PlanNode = { kind: 'filter', predicate: 'b > 3', input };
  assert.equal(scanned({ kind: 'project', columns: wanted, input: filtered }), 'a,b');
  assert.equal(scanned({ kind: 'project', columns: wanted, input: { kind: 'sort', keys: ['d desc'], input } }), 'a,d');
  assert.equal(scanned({ kind: 'distinct', input: { kind: 'project', columns: wanted, input } }), 'a');
  assert.equal(scanned({ kind: 'limit', limit: 3, offset: 0, input }), 'a,b,c,d,e');
});

test('where no column is used, the narrowest is', () => {
  assert.equal(scanned({ kind: 'aggregate', input, keys: [], aggregates: columns(['n', 'sum(1)']) }), 'e');
});

test('a column that only a filter needed does not cross the exchange', () => {
  const staged = bench.plan({
    kind: 'project',
    columns: columns(['b', 'b']),
    input: { kind: 'sort', keys: ['b'], input: { kind: 'filter', predicate: "c > 'v3'", input } },
  });
  assert.deepEqual(
    staged.stages.map(({ schema }) => schema.map(({ name }) => name).join()),
    ['b', 'bounds', 'b', 'b'],
  );
});

test('a column that another one of its SELECT speaks of stays', () => {
  const both: PlanNode = { kind: 'project', input, columns: columns(['x', 'a + 1'], ['y', 'x * 2'], ['z', 'd']) };
  assert.equal(scanned({ kind: 'project', input: both, columns: columns(['y', 'y']) }), 'a');
});

test('aggregates that nobody asks for are not computed', () => {
  const aggregate: PlanNode = {
    kind: 'aggregate',
    input,
    keys: columns(['b', 'b']),
    aggregates: columns(['n', 'count(*)'], ['m', 'max(c)']),
  };
  assert.equal(scanned({ kind: 'project', input: aggregate, columns: columns(['n', 'n']) }), 'b');
});
