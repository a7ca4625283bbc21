import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PlanNode } from '../../../../shared/plan/node.ts';
import { PlannerBench, scan } from '../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());
const input = scan(bench.file('t.parquet', 'SELECT i, i % 7 AS k, i / 3.0 AS x FROM range(9000) t(i)'));

const flags = (plan: PlanNode): boolean[] => bench.plan(plan).stages.map(({ deterministic }) => deterministic);
const limit = (below: PlanNode): PlanNode => ({ kind: 'limit', limit: 5, offset: 0, input: below });
const sort = (below: PlanNode, ...keys: string[]): PlanNode => ({ kind: 'sort', keys, input: below });
const group = (key: string, sql: string, below: PlanNode = input): PlanNode => ({
  kind: 'aggregate',
  input: below,
  keys: [{ name: 'key', sql: key }],
  aggregates: [{ name: 'value', sql }],
});
const call = (deterministic: boolean): PlanNode => ({
  kind: 'call',
  input,
  mode: 'filter',
  function: { sha256: '0', name: 'f', async: false },
  deterministic,
});

/** Each with its stages' flags. A stage that is not deterministic has all its readers run again with it. */
const stories: readonly (readonly [story: string, plan: PlanNode, expected: readonly boolean[]])[] = [
  ['the first rows of files are always the same', limit(input), [true]],
  [
    'files are read in their order: so are the first rows that meet a condition',
    limit({ kind: 'filter', input, predicate: 'k >= 0' }),
    [true, true],
  ],
  ['groups come in no order: any five of them', limit(group('k', 'count(*)')), [true, false, false]],
  [
    'sorted by all keys of the groups, the first five are the same',
    limit(sort(group('k', 'count(*)'), 'key')),
    [true, true, true],
  ],
  ['sorted by something else they may tie', limit(sort(group('k', 'count(*)'), 'value')), [true, false, false]],
  ['chance', { kind: 'filter', predicate: 'random() < 0.5', input }, [false]],
  ['a function that its author called impure', group('k', 'count(*)', call(false)), [false, true]],
  ['a function that is not', group('k', 'count(*)', call(true)), [true, true]],
  ['a list of rows in the order of the files', group('k', 'list(i)'), [true, true]],
  [
    'a list of groups, which come in no order',
    group('key % 2', 'list(value)', group('k', 'count(*)')),
    [true, true, false],
  ],
  [
    'turns of batches in the order of the files, then of groups',
    {
      kind: 'repartition',
      partitions: 2,
      keys: [],
      input: group('k', 'count(*)', { kind: 'repartition', partitions: 3, keys: [], input }),
    },
    [true, true, false, true],
  ],
  [
    'a hash of sums of doubles whose rows come in no order',
    group('value', 'count(*)', group('key % 3', 'sum(value)', group('k', 'sum(x)'))),
    [true, true, false, true],
  ],
];

test('stages say whether a second run of a task may yield other rows', () => {
  for (const [story, plan, expected] of stories) assert.deepEqual(flags(plan), expected, story);
});
