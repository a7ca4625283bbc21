/**
 * A worker reduced to its membership, as a process. Arguments: etcd endpoint, cluster, lease in ms. Ends with its
 * parent.
 */
import { loadConfig } from '../../../shared/config/config.ts';
import { openEtcdStore } from '../../../shared/store/etcd/etcd.ts';
import { register } from '../../../shared/store/membership/registration.ts';

process.stdin.resume().on('end', () => process.exit());
const [endpoint = '', cluster = '', workerTtlMs] = process.argv.slice(2);
const config = loadConfig({}, { workerTtlMs: Number(workerTtlMs) });
const store = await openEtcdStore({ endpoints: [endpoint], config });
const say = (incarnation: string) => process.stdout.write(`${JSON.stringify({ incarnation })}\n`);
const info = {
  address: 'a:1',
  exchangeAddress: 'a:2',
  slots: 1,
  version: '0',
  host: 'h',
  pid: process.pid,
  startedMs: 0,
};
const worker = await register({ store, cluster, info, config, onIncarnation: say });
say(worker.incarnation);
