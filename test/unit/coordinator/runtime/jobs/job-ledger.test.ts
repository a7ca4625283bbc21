import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { BlobDirectory } from '../../../../../coordinator/runtime/blobs.ts';
import { JobLedger } from '../../../../../coordinator/runtime/jobs/job-ledger.ts';
import { loadConfig } from '../../../../../shared/config/config.ts';
import { jobId } from '../../../../../shared/ids.ts';
import { createLogger } from '../../../../../shared/log.ts';
import { keysOf } from '../../../../../shared/store/keys.ts';
import { campaign, type Leadership } from '../../../../../shared/store/membership/election.ts';
import { FaultStore } from '../../../../support/store/fault-store.ts';

const config = loadConfig({}, { jobHistoryMax: 2, storeRetryMs: 10 });
const log = createLogger({ name: 'test', level: 'silent' });
const keys = keysOf('test');
let folder = '';
let store = new FaultStore(config);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-ledger-'));
  store = new FaultStore(config);
});
afterEach(async () => {
  for (const term of terms.splice(0)) await term.resign();
  await store.close();
  rmSync(folder, { recursive: true });
});

const terms: Leadership[] = [];
async function lead(): Promise<Leadership> {
  const { signal } = new AbortController();
  const term = await campaign({ store, cluster: 'test', address: 'here:1', config, signal });
  terms.push(term);
  return term;
}
const blobs = () => new BlobDirectory(folder, config, false);
const ledgerOf = (leadership: Leadership): JobLedger =>
  new JobLedger({ store, leadership, keys, blobs: blobs(), config, log });
const job = (name: string, submittedMs = 1) =>
  ({ id: jobId(name), name, submittedMs, slots: 2, takeovers: 0, state: 'running', key: `key of ${name}` }) as const;
const error = { code: 'QUERY_FAILED', message: 'no', retryable: false } as const;
const states = async () => (await ledgerOf(await lead()).load()).map(({ id, state }) => `${id} ${state}`);

test('the next leader finds what was accepted, with its request, in the order of submission', async () => {
  const first = await lead();
  const ledger = ledgerOf(first);
  await ledger.accept(job('b', 2), '{"b":1}');
  await ledger.accept(job('a', 1), '{"a":1}');
  await first.resign();
  const found = await ledgerOf(await lead()).load();
  assert.deepEqual(
    found.map(({ id, key }) => [id, key]),
    [
      ['a', 'key of a'],
      ['b', 'key of b'],
    ],
  );
  assert.equal(String(await blobs().get(found[0]?.request ?? '')), '{"a":1}');
});

test('the record is written after the request that it names', async () => {
  const ledger = ledgerOf(await lead());
  rmSync(folder, { recursive: true });
  const inTheWay = new BlobDirectory('/dev/null/no', config, false);
  const broken = new JobLedger({
    store,
    leadership: await Promise.resolve(leadNothing),
    keys,
    blobs: inTheWay,
    config,
    log,
  });
  await assert.rejects(broken.accept(job('a'), '{}'));
  assert.deepEqual(await store.list(keys.jobs), []);
  await ledger.accept(job('b'), '{}');
  assert.equal((await store.list(keys.jobs)).length, 1);
});

const leadNothing: Pick<Leadership, 'write'> = {
  write: () => {
    throw new Error('written without its request');
  },
};

test('who leads no more writes nothing', async () => {
  const first = await lead();
  const ledger = ledgerOf(first);
  await ledger.accept(job('a'), '{}');
  await store.delete(keys.leader); // Its lease ran out while it was paused; it does not know yet.
  await assert.rejects(ledger.failed(jobId('a'), error), { code: 'NOT_LEADER' });
  await assert.rejects(ledger.accept(job('b'), '{}'), { code: 'NOT_LEADER' });
  assert.deepEqual(await states(), ['a running']);
});

test('changes are written in the order in which they were asked for', async () => {
  const first = await lead();
  const ledger = ledgerOf(first);
  const commit = { path: '/o', mode: 'error', staging: '/s', files: ['f'], rows: 3, bytes: 4 } as const;
  await Promise.all([
    ledger.accept(job('a'), '{}'),
    ledger.committing(jobId('a'), commit),
    ledger.succeeded(jobId('a')),
    ledger.cancelling(jobId('a')), // Too late.
    ledger.failed(jobId('a'), error), // Likewise.
  ]);
  await first.resign();
  const [found] = await ledgerOf(await lead()).load();
  assert.equal(found?.state, 'succeeded');
  assert.deepEqual('written' in found && found.written, { path: '/o', files: 1, rows: 3, bytes: 4 });
});

test('ended jobs are kept up to a limit, their requests not at all', async () => {
  const first = await lead();
  const ledger = ledgerOf(first);
  for (const [n, name] of ['a', 'b', 'c', 'd'].entries()) await ledger.accept(job(name, n), `{"of":"${name}"}`);
  await ledger.cancelling(jobId('d'));
  await ledger.failed(jobId('a'), { ...error, message: 'x'.repeat(1e6) });
  await ledger.cancelled(jobId('b'));
  await ledger.succeeded(jobId('c'));
  assert.equal(readdirSync(folder).length, 1);
  await first.resign();
  assert.deepEqual(await states(), ['b cancelled', 'c succeeded', 'd cancelling']);
  assert.ok((await store.list(keys.jobs)).every(({ value }) => value.length < 10_000));
});
