import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../shared/config/config.ts';
import { openEtcdStore } from '../../../shared/store/etcd/etcd.ts';
import { freePort } from '../../support/processes/processes.ts';
import { startEtcd } from '../../support/servers/etcd.ts';
import { storeConformance } from '../../support/store/store-conformance.ts';

const config = loadConfig();

storeConformance('etcd', async () => {
  const etcd = await startEtcd();
  const store = await openEtcdStore({ endpoints: [etcd.endpoint], config });
  const close = async () => {
    await store.close();
    await etcd.stop();
  };
  return { store, close };
});

test('no etcd: STORE_UNREACHABLE names the endpoints and a next step', async () => {
  const endpoints = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  await assert.rejects(
    openEtcdStore({ endpoints, config }),
    (error: { code: string; message: string; next: string }) => {
      assert.equal(error.code, 'STORE_UNREACHABLE');
      for (const endpoint of endpoints) assert.ok(error.message.includes(endpoint), error.message);
      assert.match(error.next, /etcdctl/);
      return true;
    },
  );
});

test('one dead endpoint of several fails no read, and no more than one write', async () => {
  await using etcd = await startEtcd();
  const dead = `127.0.0.1:${await freePort()}`;
  const store = await openEtcdStore({ endpoints: [dead, etcd.endpoint, dead], config });
  for (let n = 0; n < 10; n++) {
    await store.put('/test/a', String(n));
    assert.equal((await store.get('/test/a'))?.value, String(n));
  }
  await store.close();
});
