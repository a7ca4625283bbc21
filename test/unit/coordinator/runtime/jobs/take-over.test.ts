import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SavedJob, takeOverOf } from '../../../../../coordinator/runtime/jobs/saved-job.ts';
import { leftToCommit } from '../../../../../coordinator/runtime/sinks/left-to-commit.ts';
import { jobId } from '../../../../../shared/ids.ts';

const facts = { id: jobId('job-1'), name: 'a job', submittedMs: 1, request: 'blob', slots: 4, takeovers: 2 };
const commit = { path: '/out', mode: 'error', staging: '/.out', files: ['part-0'], rows: 1, bytes: 1 } as const;
const error = { code: 'QUERY_FAILED', message: 'no', retryable: false } as const;

test('what a new leader does with a job follows from its record alone', () => {
  const kinds = (job: SavedJob, takeoversMax = 5) => takeOverOf(job, takeoversMax).kind;
  assert.equal(kinds({ ...facts, state: 'running' }), 'run');
  assert.equal(kinds({ ...facts, state: 'running' }, 2), 'giveUp');
  assert.equal(kinds({ ...facts, state: 'cancelling' }), 'cancel');
  // Decided is decided, however many leaders it takes.
  assert.deepEqual(takeOverOf({ ...facts, state: 'committing', commit }, 0), { kind: 'finishCommit', commit });
  assert.equal(kinds({ ...facts, state: 'succeeded', endedMs: 2 }), 'list');
  assert.equal(kinds({ ...facts, state: 'failed', endedMs: 2, error }), 'list');
  assert.equal(kinds({ ...facts, state: 'cancelled', endedMs: 2 }), 'list');
});

const [a, b] = ['part-0-a', 'part-1-b'];
const set = (...names: string[]): ReadonlySet<string> => new Set(names);

test('what is left of a commit follows from where its files are', () => {
  const left = (mode: 'error' | 'append', where: Partial<Parameters<typeof leftToCommit>[0]>) =>
    leftToCommit({ mode, files: [a, b], staged: set(), chosen: set(), there: set(), ...where });
  const all = { kind: 'move', files: [a, b] };
  // Nothing was done; some were chosen; all were.
  assert.deepEqual(left('error', { staged: set(a, b, 'loser') }), { ...all, staged: [a, b] });
  assert.deepEqual(left('error', { staged: set(b, 'loser'), chosen: set(a) }), { ...all, staged: [b] });
  assert.deepEqual(left('error', { staged: set('loser'), chosen: set(a, b) }), { ...all, staged: [] });
  // The rename was done, the staging directory not removed; everything was done; and the user has moved it away since.
  assert.deepEqual(left('error', { staged: set('loser'), there: set(a, b) }), { kind: 'nothing' });
  assert.deepEqual(left('error', { staged: undefined, there: set(a, b) }), { kind: 'nothing' });
  assert.deepEqual(left('error', { staged: undefined }), { kind: 'nothing' });
  // Appended file by file.
  const half = { kind: 'move', files: [b], staged: [] };
  assert.deepEqual(left('append', { there: set(a, 'part-of-others'), chosen: set(b) }), half);
  assert.deepEqual(left('append', { there: set(a, b) }), { kind: 'move', files: [], staged: [] });
  assert.deepEqual(left('append', { there: set(a) }), { kind: 'lost', file: b });
});
