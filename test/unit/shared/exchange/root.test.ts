import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskQuota } from '../../../../shared/exchange/quota.ts';
import { dropJob } from '../../../../shared/exchange/root.ts';
import { ExchangeWriter } from '../../../../shared/exchange/writer.ts';
import { attempt, batchOf, folder, job, limits, schema } from '../../../support/exchange/exchange.ts';

test('the quota counts what lies on disk', async () => {
  using root = folder();
  const quota = new DiskQuota(4000);
  const open = (task: number) =>
    new ExchangeWriter({ root: root.path, owner: attempt(task), partitions: 1, schema, limits, quota });
  const batch = batchOf(Array.from({ length: 300 }, (_, i) => i));
  using first = open(0);
  first.write(0, batch);
  first.commit();
  const taken = quota.bytes;
  assert.ok(taken > 2400);
  using second = open(1);
  second.write(0, batch);
  assert.throws(() => second.commit(), { code: 'QUOTA_EXCEEDED' });
  assert.equal(quota.bytes, taken);
  assert.deepEqual(readdirSync(join(root.path, job)), ['0-0-0.exchange']);
  await dropJob(root.path, job, quota);
  assert.equal(quota.bytes, 0);
  await dropJob(root.path, job, quota);
});

test('a job dropped while an attempt of it writes: the commit fails and nothing is counted', async () => {
  using root = folder();
  const quota = new DiskQuota(1e6);
  using writer = new ExchangeWriter({ root: root.path, owner: attempt(), partitions: 1, schema, limits, quota });
  writer.write(0, batchOf([1]));
  await dropJob(root.path, job, quota);
  assert.throws(() => writer.commit(), { code: 'FILE_NOT_FOUND' });
  assert.equal(quota.bytes, 0);
});
