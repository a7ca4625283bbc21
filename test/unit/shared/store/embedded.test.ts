import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../../shared/config/config.ts';
import { EmbeddedStore } from '../../../../shared/store/embedded.ts';
import { storeConformance } from '../../../support/store/store-conformance.ts';

storeConformance('embedded', async () => {
  const store = new EmbeddedStore(loadConfig());
  return { store, close: () => store.close() };
});

test('a lease whose time has passed is gone, even if the timer that drops it is late', async () => {
  const store = new EmbeddedStore(loadConfig());
  const grant = await store.grantLease(1000);
  await store.put('/sheaf/a', '', grant);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1001);
  await assert.rejects(store.keepLease(grant), { code: 'LEASE_LOST' });
  await store.close();
});
