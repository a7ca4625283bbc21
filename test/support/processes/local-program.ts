/** A program that holds an embedded cluster of fake roles, to be killed by a test. Prints the roles' process ids. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startLocalCluster } from '../../../client/local/cluster.ts';
import { loadConfig } from '../../../shared/config/config.ts';

const entry = new URL('./fake-role.ts', import.meta.url);
const cluster = await startLocalCluster({
  config: loadConfig(process.env),
  dataDirectory: process.argv[2],
  entries: { coordinator: entry, worker: entry },
});
await cluster.ready;
const pids = globSync(join(process.argv[2] ?? '', '*/*/pid')).map((path) => Number(readFileSync(path, 'utf8')));
process.stdout.write(`${JSON.stringify(pids)}\n`);
if (process.argv[3] === 'stay') setInterval(() => {}, 1000);
