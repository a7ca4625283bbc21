import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { moveTask } from '../../../../../coordinator/scheduler/core.ts';
import { Scheduler } from '../../../../../coordinator/scheduler/scheduler.ts';
import {
  checkStep,
  type TransitionTable,
  transitions,
} from '../../../../../coordinator/scheduler/state/transitions.ts';
import { schedulerDocs } from '../../../../../scripts/scheduler-docs.ts';
import { loadConfig } from '../../../../../shared/config/config.ts';
import { jobId, stageId, workerId } from '../../../../../shared/ids.ts';
import { splits, virtualStage } from '../../../../simulation/plans.ts';

test('an unlisted step throws with the story of the task', () => {
  const scheduler = new Scheduler(loadConfig({}, { taskStoryEventsMax: 2 }));
  scheduler.handle({ kind: 'workerJoined', worker: workerId('w'), slots: 1, address: 'w:1' }, 0);
  const output = { kind: 'exchange', partitioning: { kind: 'single' } } as const;
  const stages = [virtualStage({ id: 0, tasks: 1, inputs: [splits(1)], output })];
  scheduler.handle({ kind: 'jobSubmitted', job: jobId('j'), stages, finalStage: stageId(0), priority: 0 }, 7);
  const task = scheduler.core.jobs.get(jobId('j'))?.stages.get(stageId(0))?.tasks[0];
  assert.ok(task);
  assert.throws(
    () => moveTask(scheduler.core, task, 'need', { kind: 'pending', cause: 'first' }),
    (error: { message: string; details: { story: string } }) => {
      assert.match(error.message, /A task cannot go from running by need to pending: the pair is not listed/);
      assert.match(
        error.details.story,
        /^task j\/0\/0, now running\n7 ms: launch → running \(w\)\n7 ms: need → pending$/,
      );
      return true;
    },
  );
});

test('a step to another state than the listed one throws', () => {
  assert.throws(() => checkStep('worker', 'active', 'drain', 'lost', () => 'w'), /leads to draining/);
});

test('every listed state can be reached and every step leads to a listed state', () => {
  for (const [thing, table] of Object.entries<TransitionTable>(transitions)) {
    const states = Object.keys(table);
    const reached = new Set(states.slice(0, 1));
    for (const state of reached) for (const next of Object.values(table[state] ?? {})) reached.add(next);
    assert.deepEqual([...reached].sort(), states.sort(), thing);
  }
});

test('the diagrams in docs/scheduler.md are those of the table: npm run docs', () => {
  assert.equal(readFileSync('docs/scheduler.md', 'utf8'), schedulerDocs());
});
