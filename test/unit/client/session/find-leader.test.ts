import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../../../client/index.ts';
import { SheafError } from '../../../../shared/errors.ts';
import { version } from '../../../../shared/version.ts';
import { fakeJobs } from '../../../support/cluster/fake-jobs.ts';
import { freePort } from '../../../support/processes/processes.ts';

test('a standby shows the way to the leader', async () => {
  await using leader = await fakeJobs({ listWorkers: () => ({ json: [] }) });
  await using standby = await fakeJobs({
    hello: () => {
      throw new SheafError('NOT_LEADER', 'This coordinator does not lead', { details: { leader: leader.address } });
    },
  });
  await using cluster = await connect(`127.0.0.1:${await freePort()}, ${standby.address}`);
  assert.deepEqual(await cluster.workers(), []);
});

test('between two leaders it waits: a standby that leads a little later is connected to', async () => {
  const dead = `127.0.0.1:${await freePort()}`;
  let asked = 0;
  await using standby = await fakeJobs({
    hello: () => {
      asked += 1;
      if (asked < 4)
        throw new SheafError('NOT_LEADER', 'This coordinator does not lead', { details: { leader: dead } });
      return { version, cluster: 'test', epoch: 1 };
    },
    listWorkers: () => ({ json: [] }),
  });
  await using cluster = await connect(standby.address, { config: { watchRetryMs: 10 } });
  assert.deepEqual(await cluster.workers(), []);
});

test('without a leader the error says so, after a while; where nobody answers, at once', async () => {
  let asked = 0;
  await using standby = await fakeJobs({
    hello: () => {
      asked += 1;
      throw new SheafError('NOT_LEADER', 'This coordinator does not lead', { details: { leader: '' } });
    },
  });
  const config = { watchRetryMs: 10, leaderWaitMs: 100 };
  await assert.rejects(connect(standby.address, { config }), { code: 'NOT_LEADER' });
  assert.ok(asked > 1);
  const hours = { config: { leaderWaitMs: 3_600_000 } };
  await assert.rejects(connect(`127.0.0.1:${await freePort()}`, hours), { code: 'UNREACHABLE' });
  await assert.rejects(connect(standby.address, { ...hours, signal: AbortSignal.timeout(100) }));
});
