import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '../../../shared/config/config.ts';
import type { Store } from '../../../shared/store/store.ts';

/** What every store must do, run over each implementation. */
export function storeConformance(name: string, open: () => Promise<{ store: Store; close(): Promise<void> }>): void {
  let store: Store;
  let close: () => Promise<void>;
  /** A prefix of its own for each test. */
  const fresh = () => `/test/${randomUUID()}/`;

  before(async () => {
    ({ store, close } = await open());
  });
  after(() => close());

  test(`${name}: a value is read back with its revisions; writing again keeps its creation`, async () => {
    const key = `${fresh()}a`;
    assert.equal(await store.get(key), undefined);
    const first = await store.put(key, 'one');
    const second = await store.put(key, 'zwei ünd 🌾');
    assert.ok(second > first);
    assert.deepEqual(await store.get(key), { key, value: 'zwei ünd 🌾', createRevision: first, revision: second });
    await store.delete(key);
    await store.delete(key);
    assert.equal(await store.get(key), undefined);
    assert.ok((await store.put(key, '')) > second);
    assert.equal((await store.get(key))?.value, '');
  });

  test(`${name}: a list holds the keys under its prefix, in order, and no others`, async () => {
    const prefix = fresh();
    for (const name of ['b', 'a/2', 'a', 'c', 'a/1']) await store.put(prefix + name, name);
    await store.put(`${prefix.slice(0, -1)}0`, 'a neighbour');
    const names = async (of: string) => (await store.list(prefix + of)).map(({ value }) => value);
    assert.deepEqual(await names(''), ['a', 'a/1', 'a/2', 'b', 'c']);
    assert.deepEqual(await names('a/'), ['a/1', 'a/2']);
    assert.deepEqual(await names('d'), []);
  });

  test(`${name}: of many who write a key if it is absent, one does`, async () => {
    const key = `${fresh()}a`;
    const tries = await Promise.all(Array.from({ length: 50 }, (_, n) => store.putIfAbsent(key, String(n))));
    assert.equal(tries.filter(({ done }) => done).length, 1);
    const entry = await store.get(key);
    assert.equal(entry?.value, String(tries.findIndex(({ done }) => done)));
    assert.equal(entry?.createRevision, tries.find(({ done }) => done)?.revision);
  });

  test(`${name}: a conditional write sees the revision it names, or nothing happens`, async () => {
    const key = `${fresh()}a`;
    const revision = await store.put(key, 'one');
    assert.equal((await store.putIf(key, 'two', revision + 1)).done, false);
    const { done, revision: next } = await store.putIf(key, 'two', revision);
    assert.equal(done, true);
    assert.equal((await store.putIf(key, 'three', revision)).done, false);
    assert.deepEqual(await store.get(key), { key, value: 'two', createRevision: revision, revision: next });
  });

  test(`${name}: a transaction does all of its operations or none, under one revision`, async () => {
    const prefix = fresh();
    const [a, b, c] = [`${prefix}a`, `${prefix}b`, `${prefix}c`];
    const created = await store.put(a, '1');
    await store.put(a, '2');
    const operations = [
      { kind: 'delete', key: a },
      { kind: 'put', key: b, value: 'b' },
      { kind: 'put', key: c, value: 'c' },
    ] as const;
    const refused = await store.transact(
      [
        { key: a, createRevision: created },
        { key: b, revision: 7 },
      ],
      operations,
    );
    assert.equal(refused.done, false);
    assert.deepEqual(
      (await store.list(prefix)).map(({ value }) => value),
      ['2'],
    );
    const { done, revision } = await store.transact(
      [
        { key: a, createRevision: created },
        { key: b, revision: 0 },
      ],
      operations,
    );
    assert.equal(done, true);
    assert.deepEqual(await store.list(prefix), [
      { key: b, value: 'b', createRevision: revision, revision },
      { key: c, value: 'c', createRevision: revision, revision },
    ]);
    const again = await store.transact([{ key: a, createRevision: created }], operations);
    assert.equal(again.done, false);
  });

  test(`${name}: what is too large is refused by name`, async () => {
    const { storeOperationsMax, storeValueBytesMax } = loadConfig();
    const key = `${fresh()}a`;
    await store.put(key, 'x'.repeat(storeValueBytesMax - 1000));
    await assert.rejects(async () => store.put(key, 'x'.repeat(storeValueBytesMax)), { code: 'QUOTA_EXCEEDED' });
    const operations = Array.from(
      { length: storeOperationsMax + 1 },
      (_, n) => ({ kind: 'delete', key: key + n }) as const,
    );
    await assert.rejects(async () => store.transact([], operations), { code: 'QUOTA_EXCEEDED' });
    assert.equal((await store.transact([], operations.slice(1))).done, true);
  });

  test(`${name}: keys go with their revoked lease; those put again without it stay`, async () => {
    const prefix = fresh();
    const lease = await store.lease(60_000);
    await store.put(`${prefix}a`, 'a', lease);
    await store.put(`${prefix}b`, 'b', lease);
    await store.put(`${prefix}b`, 'b again');
    assert.equal(lease.held, true);
    await lease.revoke();
    assert.equal(lease.held, false);
    assert.equal(lease.lost.aborted, true);
    assert.deepEqual(
      (await store.list(prefix)).map(({ value }) => value),
      ['b again'],
    );
    await assert.rejects(store.put(`${prefix}c`, 'c', lease), { code: 'LEASE_LOST' });
    await lease.revoke();
  });

  test(`${name}: a lease that nobody renews expires with its keys; one that is kept stays`, async () => {
    const prefix = fresh();
    const abandoned = await store.grantLease(1000);
    const kept = await store.lease(1000);
    await store.put(`${prefix}abandoned`, '', abandoned);
    await store.put(`${prefix}kept`, '', kept);
    while ((await store.list(`${prefix}abandoned`)).length > 0) await pause(100);
    await assert.rejects(store.keepLease(abandoned, 1000), { code: 'LEASE_LOST' });
    await assert.rejects(store.put(`${prefix}late`, '', abandoned), { code: 'LEASE_LOST' });
    await store.revokeLease(abandoned);
    assert.equal(kept.held, true);
    assert.equal((await store.list(prefix)).length, 1);
    await kept.revoke();
  });

  test(`${name}: a watch hints when it is in place, and after each kind of change`, async () => {
    const prefix = fresh();
    let hints = 0;
    const hint = async (from: number) => {
      while (hints <= from) await pause(5);
    };
    const lease = await store.lease(60_000);
    const watch = store.watch(prefix, () => {
      hints += 1;
    });
    await hint(0);
    for (const change of [
      () => store.put(`${prefix}a`, '', lease),
      () => store.put(`${prefix}b`, ''),
      () => store.delete(`${prefix}b`),
      () => lease.revoke(),
    ]) {
      const before = hints;
      await change();
      await hint(before);
    }
    watch[Symbol.dispose]();
    const before = hints;
    await store.put(`${prefix}c`, '');
    await pause(50);
    assert.equal(hints, before);
  });
}
