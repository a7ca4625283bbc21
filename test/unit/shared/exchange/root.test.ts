import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskQuota } from '../../../../shared/exchange/quota.ts';
import { claimRoot, dropJob, sweepOrphans } from '../../../../shared/exchange/root.ts';
import { ExchangeWriter } from '../../../../shared/exchange/writer.ts';
import { attempt, batchOf, folder, job, limits, schema } from '../../../support/exchange.ts';

const rootModule = new URL('../../../../shared/exchange/root.ts', import.meta.url).href;

test('the sweep removes the roots of dead processes and no others', () => {
  using base = folder();
  const mine = claimRoot(base.path, 'worker-1');
  const claim = `const { claimRoot } = await import('${rootModule}'); claimRoot('${base.path}', 'worker-2')`;
  spawnSync(process.execPath, ['--input-type=module', '-e', claim], { stdio: 'inherit' });
  mkdirSync(join(base.path, 'not-ours'));
  assert.deepEqual(readdirSync(base.path).sort(), ['not-ours', 'worker-1', 'worker-2']);
  assert.deepEqual(sweepOrphans(base.path), [join(base.path, 'worker-2')]);
  assert.deepEqual(readdirSync(base.path).sort(), ['not-ours', 'worker-1']);
  assert.ok(existsSync(mine));
  assert.deepEqual(sweepOrphans(join(base.path, 'nowhere')), []);
});

test("a process that has a dead owner's number does not keep its root", () => {
  using base = folder();
  const lock = join(claimRoot(base.path, 'worker-1'), 'owner.json');
  const owner = JSON.parse(readFileSync(lock, 'utf8'));
  writeFileSync(lock, JSON.stringify({ ...owner, started: '1' }));
  assert.equal(sweepOrphans(base.path).length, 1);
});

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
