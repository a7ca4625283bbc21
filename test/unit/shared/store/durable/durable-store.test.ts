import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig, type SettingName } from '../../../../../shared/config/config.ts';
import { DurableStore } from '../../../../../shared/store/durable/durable-store.ts';
import { storeConformance } from '../../../../support/store/store-conformance.ts';

const root = mkdtempSync(join(tmpdir(), 'sheaf-durable-'));
after(() => rmSync(root, { recursive: true, force: true }));

const newFolder = () => mkdtempSync(join(root, 'state-'));
const open = (folder: string, limits: Partial<Record<SettingName, number>> = {}) =>
  DurableStore.open(folder, loadConfig({}, { stateLockWaitMs: 0, ...limits }));

const journalOf = (folder: string): string => {
  const name = readdirSync(join(folder, 'store')).find((each) => each.startsWith('journal-'));
  return join(folder, 'store', name ?? assert.fail('there is a journal'));
};

/** What a store finds in a copy of a folder, as after a crash of the machine. */
async function foundIn(folder: string, spoil: (copy: string) => void = () => {}): Promise<Record<string, string>> {
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true });
  spoil(copy);
  await using store = await open(copy);
  return Object.fromEntries((await store.list('/')).map(({ key, value }) => [key, value]));
}

storeConformance('durable', async () => {
  const store = await open(newFolder());
  return { store, close: () => store.close() };
});

test('what was answered is there in the next life, under higher revisions; leases are not', async () => {
  const folder = newFolder();
  const first = await open(folder);
  const { id } = await first.grantLease(60_000);
  await first.put('/kept', 'one');
  await first.put('/leader', 'here', { id });
  await first.put('/later-leased', 'x');
  await first.put('/later-leased', 'y', { id });
  const before = await first.get('/kept');
  for (let n = 0; n < 10; n += 1) await first.put('/leader', String(n), { id });
  const last = await first.put('/gone', 'x');
  await first.delete('/gone');
  await first.close();
  await using second = await open(folder);
  assert.deepEqual(await second.list('/'), [before]);
  assert.ok((await second.put('/leader', 'again')) > last);
});

test('whatever the last write left of its line, all before it is there', async () => {
  const folder = newFolder();
  await using store = await open(folder);
  for (let n = 0; n < 4; n += 1) await store.put(`/${n}`, 'ünïcode'.repeat(n));
  const journal = readFileSync(journalOf(folder));
  const ends = [...journal.keys()].filter((at) => journal[at] === 10);
  for (let bytes = 0; bytes <= journal.length; bytes += 7) {
    const found = await foundIn(folder, (copy) => writeFileSync(journalOf(copy), journal.subarray(0, bytes)));
    assert.equal(Object.keys(found).length, ends.filter((end) => end < bytes).length, `${bytes} bytes`);
  }
  const garbled = await foundIn(folder, (copy) =>
    writeFileSync(journalOf(copy), Buffer.concat([journal, Buffer.alloc(9)])),
  );
  assert.equal(Object.keys(garbled).length, 4);
});

test('damage before the end, or to the snapshot, is an error that says where', async () => {
  const folder = newFolder();
  await using store = await open(folder);
  for (let n = 0; n < 4; n += 1) await store.put(`/${n}`, 'value');
  const spoil = (path: string) => {
    const content = readFileSync(path);
    content[20] = (content[20] ?? 0) ^ 1;
    writeFileSync(path, content);
  };
  await assert.rejects(
    foundIn(folder, (copy) => spoil(journalOf(copy))),
    { code: 'FILE_CORRUPT' },
  );
  await assert.rejects(
    foundIn(folder, (copy) => spoil(join(copy, 'store', 'snapshot'))),
    { code: 'FILE_CORRUPT' },
  );
});

test('a long journal becomes a snapshot, and nothing is lost on the way', async () => {
  const folder = newFolder();
  await using store = await open(folder, { stateJournalBytesMax: 1024 });
  const writes = Array.from({ length: 200 }, (_, n) => store.put(`/${n % 20}`, `value ${n} ${'x'.repeat(50)}`));
  await Promise.all(writes);
  for (let n = 0; n < 40; n += 1) await store.put(`/${n % 20}`, `last ${n}`);
  assert.equal(readdirSync(join(folder, 'store')).filter((name) => name.startsWith('journal-')).length, 1);
  const found = await foundIn(folder);
  assert.deepEqual(found, Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`/${n}`, `last ${n + 20}`])));
});

test('one process at a time has the folder', async () => {
  const folder = newFolder();
  const first = await open(folder);
  await assert.rejects(open(folder), { code: 'CONFIG_INVALID', details: { pid: String(process.pid) } });
  const waiting = open(folder, { stateLockWaitMs: 10_000 });
  await first.close();
  await (await waiting).close();
});
