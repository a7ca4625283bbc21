import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JobProgress } from '../../../../client/pipelines/job-progress.ts';
import { SheafError } from '../../../../shared/errors.ts';
import { jobId } from '../../../../shared/ids.ts';
import type { JobInfo } from '../../../../shared/plan/job.ts';
import { jobInfo } from '../../../support/cluster/fake-jobs.ts';
import { fakeSession } from '../../../support/cluster/fake-session.ts';

/** What is told when a coordinator answers so of a job. */
function telling(answer: (job: string) => JobInfo) {
  const told: string[] = [];
  const session = fakeSession(
    { getJob: async ({ job }) => ({ json: JSON.stringify(answer(job)) }) },
    { onProgress: ({ id, state }) => void told.push(`${id} ${state}`) },
  );
  return { told, progress: new JobProgress(session) };
}

const second = { id: jobId('job-2') };

test('a job that has ended between two updates of its run is told of to its end, once', async () => {
  const { told, progress } = telling(() => jobInfo('succeeded'));
  for (const job of [undefined, jobInfo('running'), undefined, undefined]) await progress.update(job);
  assert.deepEqual(told, ['job-1 running', 'job-1 succeeded']);
});

test('so is that of an attempt after which another has begun', async () => {
  const { told, progress } = telling(() => jobInfo('failed'));
  for (const job of [jobInfo('running'), jobInfo('running', second)]) await progress.update(job);
  assert.deepEqual(told, ['job-1 running', 'job-1 failed', 'job-2 running']);
});

test('an end that was told is not asked for, and one that nobody knows is no error', async () => {
  const { told, progress } = telling(() => {
    throw new SheafError('JOB_UNKNOWN', 'There is no such job');
  });
  for (const job of [jobInfo('succeeded'), undefined, jobInfo('running', second), undefined])
    await progress.update(job);
  assert.deepEqual(told, ['job-1 succeeded', 'job-2 running']);
});
