/** For `node --import`: makes the connector of tests known to every process and thread of a cluster. */
import { registerConnector } from '../../../connectors/registry.ts';

registerConnector('numbers', () => import('./test-connector.ts'));
