import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../../../client/index.ts';
import { SheafError } from '../../../../shared/errors.ts';
import { jobId } from '../../../../shared/ids.ts';
import type { JobRequest } from '../../../../shared/plan/job.ts';
import { version } from '../../../../shared/version.ts';
import { fakeJobs, jobInfo, jobUpdate } from '../../../support/cluster/fake-jobs.ts';

test('a submission whose answer is lost is made again, and known by its key', async () => {
  const keys: unknown[] = [];
  await using server = await fakeJobs({
    submit: ({ json }) => {
      keys.push((JSON.parse(json) as JobRequest).key);
      if (keys.length === 1) throw new SheafError('UNREACHABLE', 'the answer was lost');
      return { job: 'job-1' };
    },
    async *watch() {
      yield jobUpdate(jobInfo('succeeded'), {
        schema: [],
        parts: [],
        written: { path: '/out', files: 0, rows: 0, bytes: 0 },
      });
    },
    release: () => ({}),
  });
  await using cluster = await connect(server.address, { config: { watchRetryMs: 10 } });
  await cluster.read.csv('/in.csv').write.parquet('/out');
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  await cluster.read.csv('/in.csv').write.parquet('/out');
  assert.notEqual(keys[2], keys[0]);
});

test('a watched job is found again at the leader that took over', async () => {
  let led = true;
  await using second = await fakeJobs({
    async *watch({ job }) {
      yield jobUpdate(jobInfo('succeeded', { id: jobId(job) }), { schema: [], parts: [] });
    },
    release: () => ({}),
  });
  await using first = await fakeJobs({
    hello: () => {
      if (led) return { version, cluster: 'test', epoch: 1 };
      throw new SheafError('NOT_LEADER', 'not any more', { details: { leader: second.address } });
    },
    submit: () => ({ job: 'job-7' }),
    async *watch() {
      led = false;
      yield jobUpdate(jobInfo('running'));
      throw new SheafError('NOT_LEADER', 'not any more');
    },
  });
  await using cluster = await connect(first.address, { config: { watchRetryMs: 10 } });
  const seen: string[] = [];
  await cluster.read.csv('/in.csv').collect({ onProgress: ({ id, state }) => void seen.push(`${id} ${state}`) });
  assert.deepEqual(seen, ['job-1 running', 'job-7 succeeded']);
});

test('a job that had nothing to say for long is followed all the same', async () => {
  let watches = 0;
  await using server = await fakeJobs({
    submit: () => ({ job: 'job-1' }),
    async *watch() {
      yield jobUpdate(jobInfo('running'));
      watches += 1;
      if (watches > 1) return yield jobUpdate(jobInfo('succeeded'), { schema: [], parts: [] });
      await pause(400);
      throw new SheafError('UNREACHABLE', 'the leader is gone');
    },
    release: () => ({}),
  });
  await using cluster = await connect(server.address, { config: { watchRetryMs: 10, watchReconnectMs: 300 } });
  await cluster.read.csv('/in.csv').collect();
  assert.equal(watches, 2);
});
