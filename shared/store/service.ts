import { once } from 'node:events';
import { type Implementation, implement } from '../rpc/handlers.ts';
import { type CompareMessage, loadStoreService, type OperationMessage } from './contract.ts';
import type { Compare, Operation, Store } from './store.ts';

/** Serves a coordinator's embedded store to the other processes of its cluster; they use `RemoteStore`. */
export function implementStore(store: Store): Implementation {
  return implement(loadStoreService(), {
    get: async ({ key }) => {
      const entry = await store.get(key);
      return { entries: entry ? [entry] : [] };
    },
    list: async ({ prefix }) => ({ entries: await store.list(prefix) }),
    transact: ({ when, operations }) => store.transact(when.map(toCompare), operations.map(toOperation)),
    grantLease: async ({ ttlMs }) => {
      const grant = await store.grantLease(ttlMs);
      return { lease: grant.id, ttlMs: grant.ttlMs };
    },
    keepLease: async ({ lease, ttlMs }) => {
      await store.keepLease({ id: lease, ttlMs }, ttlMs);
      return {};
    },
    revokeLease: async ({ lease, ttlMs }) => {
      await store.revokeLease({ id: lease, ttlMs });
      return {};
    },
    watch: ({ prefix }, { signal }) => hints(store, prefix, signal),
  });
}

const toCompare = ({ key, target, revision = 0, createRevision = 0 }: CompareMessage): Compare =>
  target === 'createRevision' ? { key, createRevision } : { key, revision };

const toOperation = ({ key, put }: OperationMessage): Operation =>
  put
    ? { kind: 'put', key, value: put.value, lease: put.lease === '' ? undefined : { id: put.lease } }
    : { kind: 'delete', key };

/** One message per hint; hints that come while one is being sent are one. */
async function* hints(store: Store, prefix: string, signal: AbortSignal) {
  const arrived = new EventTarget();
  let waiting = false;
  using _watch = store.watch(prefix, () => {
    waiting = true;
    arrived.dispatchEvent(new Event('hint'));
  });
  while (true) {
    if (!waiting) await once(arrived, 'hint', { signal });
    waiting = false;
    yield {};
  }
}
