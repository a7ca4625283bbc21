import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldSources } from '../../../../coordinator/connectors/held-sources.ts';
import type { Listings } from '../../../../coordinator/connectors/list-sources.ts';
import { jobId } from '../../../../shared/ids.ts';
import { createLogger } from '../../../../shared/log.ts';

const log = createLogger({ name: 'test', level: 'silent' });

/** A listing that tells when it is let go of. */
function listed(name: string, released: string[], fails = false): Listings {
  const release = async () => {
    released.push(name);
    if (fails) throw new Error('the connection is gone');
  };
  const node = { kind: 'extract', connector: name, options: {}, provenance: false } as const;
  return new Map([[name, { node, listing: { schema: [], pieces: [], deterministic: true, release } }]]);
}

test('what a job holds at its sources is let go of once, when the job is active no more', async () => {
  const released: string[] = [];
  const over = new AbortController();
  const held = new HeldSources(over.signal, log);
  const [one, two, three] = [jobId('job-1'), jobId('job-2'), jobId('job-3')];
  held.keep(one, listed('one', released, true));
  held.keep(two, listed('two', released));
  held.keep(three, listed('three', released));
  await held.releaseBut(new Set([one, two, three]));
  assert.deepEqual(released, []);
  await held.releaseBut(new Set([three]));
  await held.releaseBut(new Set([three]));
  assert.deepEqual(released, ['one', 'two']);
  over.abort();
  assert.deepEqual(released, ['one', 'two', 'three']);
});
