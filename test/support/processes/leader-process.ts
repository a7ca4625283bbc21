/**
 * A coordinator reduced to its leadership, as a process: campaigns, writes as long as it leads, campaigns again.
 * Arguments: etcd endpoint, cluster, name, lease in ms. Ends with its parent.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { loadConfig } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import { openEtcdStore } from '../../../shared/store/etcd/etcd.ts';
import { campaign, type Leadership } from '../../../shared/store/membership/election.ts';

process.stdin.resume().on('end', () => process.exit());
const [endpoint = '', cluster = '', name = '', leaderTtlMs] = process.argv.slice(2);
const config = loadConfig({}, { leaderTtlMs: Number(leaderTtlMs) });
const store = await openEtcdStore({ endpoints: [endpoint], config });
const say = (line: object) => process.stdout.write(`${JSON.stringify({ name, ...line })}\n`);

/** Writes one key after another, each with the epoch under which it was written. */
async function lead(term: Leadership): Promise<void> {
  for (let n = 0; ; n++) {
    await term.write([
      { kind: 'put', key: `/test/${cluster}/writes/${name}-${term.epoch}-${n}`, value: String(term.epoch) },
    ]);
    await pause(2);
  }
}

while (true) {
  const term = await campaign({ store, cluster, address: name, config, signal: new AbortController().signal });
  say({ event: 'leads', epoch: term.epoch });
  await lead(term).catch((thrown: unknown) =>
    say({ event: 'lost', epoch: term.epoch, code: SheafError.from(thrown).code }),
  );
}
