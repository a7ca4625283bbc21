import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turns } from '../../../../../coordinator/pipelines/decisions/turns.ts';
import type { RunLife, RunRecord } from '../../../../../pipeline/records/run.ts';
import { derivedRunId, newRunId } from '../../../../../pipeline/records/run-id.ts';
import { jobId } from '../../../../../shared/ids.ts';

const queued = (dueMs = 0): RunLife => ({ state: 'queued', dueMs });
const loading: RunLife = { state: 'loading', job: jobId('j') };
const error = { code: 'SOURCE_FAILED', message: 'away' } as const;

const run = (id: string, pipeline: string, submittedMs: number, life: RunLife): RunRecord => ({
  ...{ id, pipeline, submittedMs, life, version: 'v', cause: 'manual', params: {} },
  ...{ attempt: 1, failures: 0, takeovers: 0 },
});

test('of each pipeline the oldest waiting run begins, if none is under way', () => {
  const records = [
    run('a2', 'a', 2, queued()),
    run('a1', 'a', 1, queued()),
    run('b1', 'b', 1, loading),
    run('b2', 'b', 2, queued()),
  ];
  assert.deepEqual(turns(records, 10, 16), { start: ['a1'] });
  assert.deepEqual(turns(records, 10, 1), { start: [] }, 'one is active already');
});

test('one under way keeps the others waiting, also if it was submitted later', () => {
  const records = [run('a1', 'a', 1, queued()), run('a2', 'a', 2, loading)];
  assert.deepEqual(turns(records, 10, 16), { start: [] });
});

test('one that waits for its retry keeps its turn', () => {
  const retrying: RunLife = { state: 'retrying', dueMs: 50, error };
  const records = [run('a1', 'a', 1, retrying), run('a2', 'a', 2, queued())];
  assert.deepEqual(turns(records, 10, 16), { start: [], againMs: 50 });
  assert.deepEqual(turns(records, 50, 16), { start: ['a1'] });
});

test('ids fit into names of staging tables, and those of the schedule are the same for every leader', () => {
  const name = 'a_very-long_name_of_a_pipeline_that_nobody_should_give';
  const atMs = Date.parse('2026-01-31T08:15:00Z');
  assert.match(newRunId(name, atMs), /^[A-Za-z0-9-]{1,40}$/);
  assert.equal(derivedRunId(name, atMs, 'schedule'), derivedRunId(name, atMs, 'schedule'));
  assert.notEqual(derivedRunId(name, atMs, 'schedule'), derivedRunId(`${name}2`, atMs, 'schedule'));
  assert.notEqual(newRunId('a', atMs), newRunId('a', atMs));
});

test('runs of a backfill begin beside each other, after those of others', () => {
  const backfill = (id: string, submittedMs: number, life = queued()) => ({
    ...run(id, 'a', submittedMs, life),
    cause: 'backfill' as const,
  });
  const records = [
    backfill('f1', 1),
    backfill('f2', 2),
    backfill('f3', 3, loading),
    run('a1', 'a', 4, queued()),
    run('a2', 'a', 5, queued()),
  ];
  assert.deepEqual(turns(records, 10, 16), { start: ['a1', 'f1', 'f2'] });
  assert.deepEqual(turns(records, 10, 2), { start: ['a1'] });
});
