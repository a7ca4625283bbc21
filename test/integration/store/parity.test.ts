import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from '../../../shared/config/config.ts';
import { EmbeddedStore } from '../../../shared/store/embedded.ts';
import { openEtcdStore } from '../../../shared/store/etcd/etcd.ts';
import type { Lease } from '../../../shared/store/membership/lease.ts';
import type { Compare, Operation, Store } from '../../../shared/store/store.ts';
import { startEtcd, type TestEtcd } from '../../support/servers/etcd.ts';

const config = loadConfig();
let etcd: TestEtcd;
let real: Store;
before(async () => {
  etcd = await startEtcd();
  real = await openEtcdStore({ endpoints: [etcd.endpoint], config });
});
after(async () => {
  await real.close();
  await etcd.stop();
});

/** A step of a random program. Conditions name revisions as the how-manieth write they are from (0: absent). */
type Step =
  | { readonly kind: 'transact'; readonly when: readonly Condition[]; readonly operations: readonly Change[] }
  | { readonly kind: 'revoke' };
type Condition = { readonly name: string; readonly by: 'revision' | 'createRevision'; readonly write: number };
type Change = { readonly name: string; readonly kind: 'put' | 'delete'; readonly leased: boolean };

const name = fc.constantFrom('a', 'b', 'b/1', 'c');
const condition = fc.record({
  name,
  by: fc.constantFrom('revision' as const, 'createRevision' as const),
  write: fc.nat(3),
});
const change = fc.record({
  name,
  kind: fc.constantFrom('put' as const, 'put' as const, 'delete' as const),
  leased: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('transact' as const),
      when: fc.array(condition, { maxLength: 2 }),
      operations: fc.uniqueArray(change, { maxLength: 3, selector: (one) => one.name }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke' as const) }) },
);

/** Runs a program and tells all that can be seen, with revisions numbered in the order of their appearance. */
async function observe(store: Store, prefix: string, program: readonly Step[]): Promise<unknown[]> {
  const revisions = [0];
  const numbered = (revision: number) => revisions.indexOf(revision);
  const seen: unknown[] = [];
  let lease: Lease | undefined;
  for (const one of program) {
    if (one.kind === 'revoke') {
      await lease?.revoke();
      lease = undefined;
    } else {
      lease ??= await store.lease(60_000);
      const holder = lease;
      const when = one.when.map(
        ({ name, by, write }) => ({ key: prefix + name, [by]: revisions[write] ?? 0 }) as Compare,
      );
      const operations = one.operations.map(({ name, kind, leased }): Operation => {
        const key = prefix + name;
        return kind === 'put' ? { kind, key, value: name, lease: leased ? holder : undefined } : { kind, key };
      });
      const { done, revision } = await store.transact(when, operations);
      if (done && !revisions.includes(revision)) revisions.push(revision);
      seen.push(done);
    }
    const entries = await store.list(prefix);
    seen.push(
      entries.map((entry) => ({
        ...entry,
        key: entry.key.slice(prefix.length),
        createRevision: numbered(entry.createRevision),
        revision: numbered(entry.revision),
      })),
    );
  }
  await lease?.revoke();
  return seen;
}

test('the embedded store does as etcd does, for any program', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (program) => {
      run += 1;
      await using embedded = new EmbeddedStore(config);
      // Another writer's revision first, so that both begin with one.
      const observed = async (store: Store) => observe(store, `/parity/${run}/`, program);
      assert.deepEqual(await observed(embedded), await observed(real));
    }),
    { numRuns: 150 },
  );
});
