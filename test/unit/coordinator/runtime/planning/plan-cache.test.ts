import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StagedPlan } from '../../../../../coordinator/planner/stages/staged-plan.ts';
import { PlanCache } from '../../../../../coordinator/runtime/planning/plan-cache.ts';
import type { PlanningRequest } from '../../../../../coordinator/runtime/planning/planning-protocol.ts';
import { stageId } from '../../../../../shared/ids.ts';

const request = (text: string, more: Partial<PlanningRequest> = {}): PlanningRequest => ({
  run: 'job-1.1',
  plan: { kind: 'sql', text },
  slots: 4,
  datasets: {},
  extracts: {},
  nowMs: 1,
  explain: false,
  distributed: false,
  ...more,
});

function cacheOf(entriesMax: number, column = 'a') {
  const cache = new PlanCache(entriesMax);
  let plans = 0;
  const staged = (): StagedPlan => {
    plans += 1;
    return { stages: [], finalStage: stageId(0), schema: [{ name: column, type: 'INTEGER' }], choices: [], notes: [] };
  };
  return (of: PlanningRequest, snapshot = 'files') => {
    const before = plans;
    cache.stagesOf(of, snapshot, staged);
    return plans > before;
  };
}

test('the same question over the same files is planned once, whatever run and time it is', () => {
  const isPlanned = cacheOf(10);
  assert.ok(isPlanned(request('SELECT 1')));
  assert.ok(!isPlanned(request('SELECT 1', { run: 'job-2.1', nowMs: 2 })));
  assert.ok(isPlanned(request('SELECT 1'), 'changed files'));
  assert.ok(isPlanned(request('SELECT 1', { slots: 8 })));
  assert.ok(isPlanned(request('SELECT 1', { distributed: true })));
  assert.ok(isPlanned(request('SELECT 1', { datasets: { d: [{ rows: 1, bytes: 8 }] } })));
  assert.ok(!isPlanned(request('SELECT 1')));
});

test('values for which JSON has one text are different questions', () => {
  const isPlanned = cacheOf(10);
  for (const value of [null, NaN, Infinity, -Infinity, 0, -0, 1, 1n, '1', '1n'])
    assert.ok(
      isPlanned(request('SELECT $x', { plan: { kind: 'sql', text: 'SELECT $x', value } as never })),
      `${value}`,
    );
});

test('what may mean the present time, or names its run, is planned each time', () => {
  const isPlanned = cacheOf(10);
  for (const text of ['SELECT now()', 'SELECT CURRENT_DATE', 'SELECT age(d) FROM t', 'SELECT localtimestamp']) {
    assert.ok(isPlanned(request(text)), text);
    assert.ok(isPlanned(request(text)), text);
  }
  for (const space of ['\n', '\t', '\f', '\v', '"', '\\']) {
    assert.ok(isPlanned(request(`SELECT${space}now()`)), JSON.stringify(space));
    assert.ok(isPlanned(request(`SELECT${space}now()`)), JSON.stringify(space));
  }
  const ofRun = cacheOf(10, 'staged by job-1.1');
  assert.ok(ofRun(request('SELECT 1')));
  assert.ok(ofRun(request('SELECT 1')));
});

test('what was asked longest ago goes first; with room for none nothing is kept', () => {
  const isPlanned = cacheOf(2);
  for (const text of ['SELECT 1', 'SELECT 2']) isPlanned(request(text));
  assert.ok(!isPlanned(request('SELECT 1')));
  isPlanned(request('SELECT 3'));
  assert.ok(!isPlanned(request('SELECT 1')));
  assert.ok(isPlanned(request('SELECT 2')));
  const none = cacheOf(0);
  assert.ok(none(request('SELECT 1')));
  assert.ok(none(request('SELECT 1')));
});
