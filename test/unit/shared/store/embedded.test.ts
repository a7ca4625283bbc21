import { loadConfig } from '../../../../shared/config/config.ts';
import { EmbeddedStore } from '../../../../shared/store/embedded.ts';
import { storeConformance } from '../../../support/store-conformance.ts';

storeConformance('embedded', async () => {
  const store = new EmbeddedStore(loadConfig());
  return { store, close: () => store.close() };
});
