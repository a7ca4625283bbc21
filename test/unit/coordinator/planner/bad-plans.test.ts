import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ErrorCode, SheafError } from '../../../../shared/errors.ts';
import type { PlanNode } from '../../../../shared/plan/node.ts';
import { PlannerBench, scan } from '../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());
const input = scan(bench.file('flights.parquet', "SELECT 1 AS delay, 'ABE' AS origin, DATE '2024-01-01' AS day"));
const other = scan(bench.file('airports.parquet', "SELECT 'ABE' AS iata, 'Allentown' AS city, 1 AS delay"));

function refusal(plan: PlanNode): SheafError {
  try {
    bench.plan(plan);
  } catch (thrown) {
    return thrown as SheafError;
  }
  throw new Error(`planned: ${JSON.stringify(plan)}`);
}

const filter = (predicate: string): PlanNode => ({ kind: 'filter', input, predicate });
const project = (...columns: [name: string, sql: string][]): PlanNode => ({
  kind: 'project',
  input,
  columns: columns.map(([name, sql]) => ({ name, sql })),
});
const aggregate = (key: string, sql: string): PlanNode => ({
  kind: 'aggregate',
  input,
  keys: [{ name: 'k', sql: key }],
  aggregates: [{ name: 'a', sql }],
});
const join = (sql: string): PlanNode => ({
  kind: 'join',
  type: 'inner',
  left: { kind: 'project', input, columns: [{ name: 'origin', sql: 'origin' }] },
  right: other,
  on: { kind: 'condition', sql },
});

test('a column that does not exist is named with its place, the nearest ones and all that are there', () => {
  const plans: readonly PlanNode[] = [
    filter('dealy > 15'),
    project(['d', 'day'], ['x', 'dealy + 1']),
    { kind: 'extend', input, columns: [{ name: 'x', sql: 'upper(dealy)' }] },
    aggregate('dealy', 'count(*)'),
    aggregate('origin', 'sum(dealy)'),
    { kind: 'sort', input, keys: ['origin', 'dealy desc'] },
    { kind: 'repartition', input, partitions: 2, keys: ['dealy'] },
  ];
  for (const plan of plans) {
    const error = refusal(plan);
    assert.equal(error.code, 'COLUMN_UNKNOWN', plan.kind);
    assert.match(error.message, /There is no column "dealy" in /);
    assert.equal(error.next, 'Did you mean "delay"? The columns here are: delay, origin, day.', plan.kind);
  }
  assert.match(refusal(filter('dealy > 15')).message, /in filter "dealy > 15"$/);
});

test('a join names the column of the side that lacks it', () => {
  assert.match(refusal(join('l.orign = r.iata')).next ?? '', /Did you mean "origin"/);
  const using: PlanNode = {
    kind: 'join',
    type: 'left',
    left: input,
    right: other,
    on: { kind: 'using', columns: ['day'] },
  };
  assert.match(refusal(using).message, /"day" in the right side of the join/);
});

const refused: readonly (readonly [PlanNode, ErrorCode, RegExp])[] = [
  [filter('delay >'), 'SQL_INVALID', /syntax error/],
  [filter('delay > 1) OR (true'), 'SQL_INVALID', /syntax error|Not one expression/],
  [filter('delay, origin'), 'SQL_INVALID', /Not one expression|row|ROW/i],
  [filter("origin IN (SELECT iata FROM 'a.parquet')"), 'NOT_SUPPORTED', /cannot read a table or file/],
  [filter('nosuch(delay)'), 'SQL_INVALID', /nosuch/],
  [filter("delay + origin > DATE '2024-01-01'"), 'SQL_INVALID', /./],
  [project(['a', 'delay'], ['A', 'origin']), 'PLAN_INVALID', /Two columns are named "A"/],
  [project(), 'PLAN_INVALID', /without columns/],
  [aggregate('origin', 'delay'), 'SQL_INVALID', /must appear in the GROUP BY/],
  [aggregate('random()', 'count(*)'), 'NOT_SUPPORTED', /another value each time/],
  [{ kind: 'aggregate', input, keys: [], aggregates: [] }, 'PLAN_INVALID', /without keys and aggregates/],
  [{ kind: 'sort', input, keys: [] }, 'PLAN_INVALID', /without keys/],
  [{ kind: 'sort', input, keys: ['delay LIMIT 3'] }, 'SQL_INVALID', /Not one sort key/],
  [{ kind: 'limit', input, limit: -1, offset: 0 }, 'PLAN_INVALID', /limit of -1/],
  [{ kind: 'limit', input, limit: 1, offset: 0.5 }, 'PLAN_INVALID', /limit of 0.5/],
  [{ kind: 'repartition', input, partitions: 0, keys: [] }, 'PLAN_INVALID', /repartition into 0/],
  [{ kind: 'union', inputs: [] }, 'PLAN_INVALID', /union of nothing/],
  [
    { kind: 'union', inputs: [input, project(['a', 'delay'])] },
    'SCHEMA_MISMATCH',
    /Input 2 of the union has 1 columns/,
  ],
  [
    { kind: 'join', type: 'inner', left: input, right: other, on: { kind: 'condition', sql: 'origin = iata' } },
    'PLAN_INVALID',
    /Both sides of the join have a column "delay"/,
  ],
  [
    { kind: 'call', input, mode: 'map', function: { sha256: '', name: 'f', async: false }, deterministic: true },
    'PLAN_INVALID',
    /f does not say/,
  ],
  [
    {
      kind: 'limit',
      limit: 1,
      offset: 0,
      input: { kind: 'write', input, format: 'csv', path: '/out', mode: 'error', options: {} },
    },
    'PLAN_INVALID',
    /stands inside a plan/,
  ],
];

test('every other bad plan is refused with a code, words and a next step', () => {
  for (const [plan, code, message] of refused) {
    const error = refusal(plan);
    assert.equal(error.code, code, `${error.code} ${error.message}`);
    assert.match(error.message, message);
    assert.ok(error.next, error.message);
  }
});

test('a type error shows the expression with a caret below it', () => {
  const { message } = refusal(project(['a', 'delay'], ['b', 'delay + upper(day)']));
  assert.match(message, /LINE \d: delay \+ upper\(day\)\n {16}\^/);
});
