/** A program that holds an embedded cluster of fake roles, to be killed by a test. Prints the cluster's folder's parent. */
import { startLocalCluster } from '../../client/local/cluster.ts';
import { loadConfig } from '../../shared/config/config.ts';

const entry = new URL('./fake-role.ts', import.meta.url);
const cluster = await startLocalCluster({
  config: loadConfig(process.env),
  dataDirectory: process.argv[2],
  entries: { coordinator: entry, worker: entry },
});
await cluster.ready;
process.stdout.write('ready\n');
if (process.argv[3] === 'stay') setInterval(() => {}, 1000);
