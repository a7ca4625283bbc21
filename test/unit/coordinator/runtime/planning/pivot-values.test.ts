/** Values are looked up before a question is planned, over the same files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PivotLookup } from '../../../../../coordinator/planner/sql/pivots/lookups.ts';
import { planWithPivots } from '../../../../../coordinator/runtime/planning/pivot-values.ts';
import type { PlanningReply } from '../../../../../coordinator/runtime/planning/planning-protocol.ts';
import type { PlanNode } from '../../../../../shared/plan/node.ts';
import type { SqlNode } from '../../../../../shared/plan/nodes/sql.ts';

const question: SqlNode = { kind: 'sql', text: 'pivot t on a, b' };
const config = { pivotValuesMax: 3, pivotRoundsMax: 2 };
const staged = { stages: [], schema: [], choices: [], notes: [] } as unknown as Extract<
  PlanningReply,
  { kind: 'planned' }
>['staged'];
const planned = (snapshot: string) => ({ kind: 'planned', staged, files: {}, snapshot }) as const;
const lookup = (at: number): PivotLookup => ({ node: question, at, plan: { kind: 'sql', text: `values ${at}` } });

/** Answers with the snapshots in turn, and keeps the plans that were asked. */
function asker(snapshots: readonly string[], asked: PlanNode[]) {
  let calls = 0;
  return async (plan: PlanNode) => {
    const snapshot = snapshots[calls++] ?? '';
    asked.push(plan);
    if (plan.kind === 'sql' && plan.pivots !== undefined) return planned(snapshot);
    return { kind: 'unknown', lookups: [lookup(1), lookup(0)], snapshot } as const;
  };
}

test('a question is planned with its values, each once, in the order in which they came', async () => {
  const asked: PlanNode[] = [];
  const lookUp = async ({ text }: SqlNode) => (text === 'values 0' ? ['b', 'a', 'b'] : []);
  await planWithPivots(question, { ask: asker(['one', 'one'], asked), lookUp, config });
  assert.deepEqual(asked, [question, { ...question, pivots: [['b', 'a'], []] }]);
});

test('what is explained says what was asked before', async () => {
  const ask = async (plan: PlanNode) =>
    plan.kind === 'sql' && plan.pivots !== undefined
      ? { ...planned('one'), text: 'stage 0' }
      : ({ kind: 'unknown', lookups: [lookup(0)], snapshot: 'one' } as const);
  const { text } = await planWithPivots(question, { ask, lookUp: async () => ['a', 'b'], config });
  assert.equal(text, 'before: 2 values of a PIVOT, by values 0\nstage 0');
});

test('over other files it begins anew, and not for ever', async () => {
  const asked: PlanNode[] = [];
  const lookUp = async () => ['a'];
  await planWithPivots(question, { ask: asker(['one', 'two', 'two', 'two'], asked), lookUp, config });
  assert.equal(asked.length, 4);
  const never = planWithPivots(question, { ask: asker(['1', '2', '3', '4', '5', '6'], []), lookUp, config });
  await assert.rejects(never, { code: 'FILE_CHANGED', next: /Name the values/ });
});

test('too many values are an error that says how many may be', async () => {
  const lookUp = async () => ['a', 'b', 'c', 'd'];
  const asked = planWithPivots(question, { ask: asker([], []), lookUp, config });
  await assert.rejects(asked, { code: 'QUOTA_EXCEEDED', message: 'Pivot column limit of 3 exceeded' });
});
