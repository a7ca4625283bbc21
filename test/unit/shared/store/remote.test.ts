import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../../shared/config/config.ts';
import { startServer } from '../../../../shared/rpc/server.ts';
import { EmbeddedStore } from '../../../../shared/store/embedded.ts';
import { RemoteStore } from '../../../../shared/store/remote.ts';
import { implementStore } from '../../../../shared/store/service.ts';
import { storeConformance } from '../../../support/store/store-conformance.ts';

const config = loadConfig();
const token = 'a-token-of-more-than-sixteen-characters';

storeConformance('embedded over gRPC', async () => {
  const embedded = new EmbeddedStore(config);
  const server = await startServer({ services: [implementStore(embedded)], token, config });
  const store = new RemoteStore({ address: server.address, token, config });
  const close = async () => {
    await store.close();
    await server.close(0);
    await embedded.close();
  };
  return { store, close };
});

test('without its coordinator, the embedded store is unreachable and says so', async () => {
  const store = new RemoteStore({ address: '127.0.0.1:9', config });
  await assert.rejects(store.get('/sheaf/a'), { code: 'STORE_UNREACHABLE', message: /127\.0\.0\.1:9/ });
  await store.close();
});
