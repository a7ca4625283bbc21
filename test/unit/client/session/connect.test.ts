import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { connect } from '../../../../client/index.ts';
import { SheafError } from '../../../../shared/errors.ts';
import { workerId } from '../../../../shared/ids.ts';
import type { JobRequest, WorkerInfo } from '../../../../shared/plan/job.ts';
import { fakeJobs, jobInfo, jobUpdate, untilEnd } from '../../../support/cluster/fake-jobs.ts';

const token = 'a-token-of-enough-characters';

/** A port where nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

test('an address where nobody answers is named, with a next step', async () => {
  const address = `127.0.0.1:${await closedPort()}`;
  await assert.rejects(connect(address), (error: { code: string; message: string; next: string }) => {
    assert.equal(error.code, 'UNREACHABLE');
    assert.match(error.message, new RegExp(address));
    assert.match(error.next, /npx sheaf coordinator/);
    return true;
  });
});

test('another version is refused with both', async () => {
  await using server = await fakeJobs({ hello: () => ({ version: '99.1.0', cluster: 'test', epoch: 1 }) });
  await assert.rejects(connect(server.address), { code: 'VERSION_MISMATCH', message: /0\.1\.0.*99\.1\.0/ });
});

test('a token is demanded, and given', async () => {
  await using server = await fakeJobs({}, token);
  await assert.rejects(connect(server.address), { code: 'UNAUTHENTICATED' });
  await assert.rejects(connect(server.address, { token: `${token}!` }), { code: 'UNAUTHENTICATED' });
  const cluster = await connect(server.address, { token });
  await cluster.close();
});

test('an aborted signal gives up connecting', async () => {
  await assert.rejects(connect('127.0.0.1:1', { signal: AbortSignal.abort() }), { code: 'CANCELLED' });
});

test('jobs and workers are listed', async () => {
  const worker: WorkerInfo = {
    ...{ id: workerId('w'), host: 'h', pid: 1, address: 'h:1', state: 'active', slots: 4, running: 0 },
    ...{ rssBytes: 1, exchangeBytes: 0, joinedMs: 5 },
  };
  const cancelled: string[] = [];
  await using server = await fakeJobs({
    listJobs: () => ({ json: [JSON.stringify(jobInfo('running'))] }),
    listWorkers: () => ({ json: [JSON.stringify(worker)] }),
    getJob: () => ({ json: JSON.stringify(jobInfo('failed')) }),
    cancel: ({ job }) => {
      cancelled.push(job);
      return {};
    },
  });
  await using cluster = await connect(server.address);
  assert.deepEqual(await cluster.jobs(), [jobInfo('running')]);
  assert.deepEqual(await cluster.workers(), [worker]);
  assert.deepEqual(await cluster.job('job-1'), jobInfo('failed'));
  await cluster.cancel('job-1');
  assert.deepEqual(cancelled, ['job-1']);
});

test('a write submits its plan, tells progress, gives back what was written, and releases the job', async () => {
  const requests: JobRequest[] = [];
  const released: string[] = [];
  const written = { path: '/out', files: 2, rows: 10, bytes: 99 };
  await using server = await fakeJobs({
    submit: ({ json }) => {
      requests.push(JSON.parse(json) as JobRequest);
      return { job: 'job-1' };
    },
    async *watch() {
      yield jobUpdate(jobInfo('running'));
      yield jobUpdate(jobInfo('succeeded'), { schema: [], parts: [], written });
    },
    release: ({ job }) => {
      released.push(job);
      return {};
    },
  });
  const seen: string[] = [];
  const progress = (info: { readonly state: string }) => void seen.push(info.state);
  await using cluster = await connect(server.address, { progress });
  const options = { mode: 'overwrite', compression: 'zstd', rowGroupSize: 5, priority: 3, deadlineMs: 9 } as const;
  const onProgress = (info: { readonly state: string }) => void seen.push(`own ${info.state}`);
  const result = await cluster.read.csv('/in.csv').write.parquet('/out', { ...options, onProgress });
  assert.deepEqual(result, written);
  const [{ key } = {}] = requests;
  assert.match(key ?? '', /^[0-9a-f-]{36}$/);
  assert.deepEqual(requests, [
    {
      key,
      plan: {
        kind: 'write',
        format: 'parquet',
        path: '/out',
        mode: 'overwrite',
        options: { compression: 'zstd', row_group_size: 5 },
        input: { kind: 'scan', format: 'csv', paths: ['/in.csv'], options: {} },
      },
      name: 'write parquet',
      priority: 3,
      deadlineMs: 9,
    },
  ]);
  assert.deepEqual(seen, ['running', 'own running', 'succeeded', 'own succeeded']);
  await cluster.close();
  assert.deepEqual(released, ['job-1']);
});

/** A job that runs until it is cancelled, and what was asked of its coordinator. */
async function endlessJob() {
  const asked: string[] = [];
  const { promise: watched, resolve } = Promise.withResolvers<void>();
  const server = await fakeJobs({
    submit: () => ({ job: 'job-1' }),
    async *watch(_ref, { signal }) {
      yield jobUpdate(jobInfo('running'));
      resolve();
      yield* untilEnd(signal);
    },
    cancel: () => {
      asked.push('cancel');
      return {};
    },
    release: () => {
      asked.push('release');
      return {};
    },
  });
  return { server, watched, asked };
}

test('an aborted action cancels its job', async () => {
  const { server, watched, asked } = await endlessJob();
  await using _server = server;
  await using cluster = await connect(server.address);
  const controller = new AbortController();
  const count = cluster.read.csv('/in.csv').count({ signal: controller.signal });
  void watched.then(() => controller.abort(new Error('enough')));
  await assert.rejects(count, { code: 'CANCELLED', cause: new Error('enough') });
  assert.deepEqual(asked, ['cancel', 'release']);
});

test('closing the connection cancels the jobs of its actions', async () => {
  const { server, watched, asked } = await endlessJob();
  await using _server = server;
  const cluster = await connect(server.address);
  const count = assert.rejects(cluster.read.csv('/in.csv').count(), { code: 'CANCELLED' });
  await watched;
  await cluster.close();
  await count;
  assert.deepEqual(asked, ['cancel', 'release']);
});

test('the error of a failed job is thrown with its code, next step and details', async () => {
  const error = { code: 'FILE_NOT_FOUND', message: 'no /in.csv', next: 'look', details: { path: '/in.csv' } } as const;
  await using server = await fakeJobs({
    submit: () => ({ job: 'job-1' }),
    async *watch() {
      yield jobUpdate(jobInfo('failed', { error }));
    },
    cancel: () => ({}),
    release: () => ({}),
  });
  await using cluster = await connect(server.address);
  await assert.rejects(cluster.read.csv('/in.csv').count(), {
    ...error,
    details: { path: '/in.csv', job: 'job-1' },
  });
});

test('a job is followed again after its coordinator was away', async () => {
  let watches = 0;
  await using server = await fakeJobs({
    submit: () => ({ job: 'job-1' }),
    async *watch() {
      watches += 1;
      yield jobUpdate(jobInfo('running'));
      if (watches < 3) return; // The stream ends without an end of the job: its coordinator went away.
      yield jobUpdate(jobInfo('succeeded'), {
        schema: [],
        parts: [],
        written: { path: '/o', files: 0, rows: 0, bytes: 0 },
      });
    },
    release: () => ({}),
  });
  await using cluster = await connect(server.address, { config: { watchRetryMs: 10 } });
  assert.equal((await cluster.read.csv('/in.csv').write.csv('/o')).path, '/o');
  assert.equal(watches, 3);
});

test('explaining and describing ask the coordinator and run nothing', async () => {
  const explanation = { text: 'stage 0: scan', json: { stages: [], schema: [{ name: 'a', type: 'INTEGER' }] } };
  const names: string[] = [];
  await using server = await fakeJobs({
    explain: ({ json }) => {
      names.push((JSON.parse(json) as JobRequest).plan.kind);
      return { json: JSON.stringify(explanation) };
    },
  });
  await using cluster = await connect(server.address);
  const dataset = cluster.read.csv('/in.csv').limit(3);
  assert.equal(await dataset.explain(), 'stage 0: scan');
  assert.deepEqual(await dataset.schema(), [{ name: 'a', type: 'INTEGER' }]);
  assert.deepEqual(names, ['limit', 'limit']);
});

test('a dataset of the client is uploaded once for each action, wherever it occurs', async () => {
  const requests: JobRequest[] = [];
  let uploads = 0;
  await using server = await fakeJobs({
    putDataset: async (frames) => {
      const sizes = (await Array.fromAsync(frames)).map(({ body }) => body.byteLength);
      assert.ok(sizes.length > 1 && sizes[0] === 0);
      uploads += 1;
      return { id: `dataset-${uploads}`, rows: 1, bytes: 1 };
    },
    submit: ({ json }) => {
      requests.push(JSON.parse(json) as JobRequest);
      return { job: 'job-1' };
    },
    async *watch() {
      yield jobUpdate(jobInfo('succeeded'), { schema: [{ name: 'count', type: 'BIGINT' }], parts: [] });
    },
    release: () => ({}),
  });
  await using cluster = await connect(server.address);
  const airports = cluster.from([{ iata: 'BOS' }, { iata: 'JFK' }]);
  const both = airports.union(airports);
  assert.equal(await both.count(), 0);
  await both.count();
  assert.equal(uploads, 2);
  const dataset = { kind: 'dataset', id: 'dataset-1', schema: [{ name: 'iata', type: 'VARCHAR' }] };
  assert.deepEqual(requests[0]?.plan, {
    kind: 'aggregate',
    keys: [],
    aggregates: [{ name: 'count', sql: 'count(*)' }],
    input: { kind: 'union', inputs: [dataset, dataset] },
  });
});

test('a broken source fails its action with its own error, and nothing is submitted', async () => {
  await using server = await fakeJobs({
    putDataset: async (frames) => {
      for await (const _ of frames);
      return { id: 'dataset-1', rows: 0, bytes: 0 };
    },
  });
  await using cluster = await connect(server.address);
  async function* broken() {
    yield { a: 1 };
    throw new Error('the source broke');
  }
  await assert.rejects(cluster.from(broken(), { schema: { a: 'integer' } }).count(), /the source broke/);
});

test('a dataset is not read faster than the coordinator takes it', async () => {
  const { promise: enough, resolve: go } = Promise.withResolvers<void>();
  let taken = 0;
  await using server = await fakeJobs({
    putDataset: async (frames) => {
      for await (const _ of frames) {
        taken += 1;
        if (taken === 5) await enough;
      }
      throw new SheafError('DISK_FULL', 'no room');
    },
  });
  await using cluster = await connect(server.address);
  let given = 0;
  async function* megabytes() {
    for (; given < 200; given++) yield { bytes: new Uint8Array(1 << 20) };
  }
  const count = cluster.from(megabytes(), { schema: { bytes: 'blob' } }).count();
  count.catch(() => {}); // Awaited below.
  for (let before = -1; before !== given || taken < 5; ) {
    before = given;
    await setTimeout(100);
  }
  assert.ok(given < 60, `${given} of 200 MB were read while 5 messages were taken`);
  go();
  await assert.rejects(count, { code: 'DISK_FULL' });
});
