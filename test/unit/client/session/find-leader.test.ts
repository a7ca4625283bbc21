import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../../../client/index.ts';
import { SheafError } from '../../../../shared/errors.ts';
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

test('without a leader the error says so', async () => {
  await using standby = await fakeJobs({
    hello: () => {
      throw new SheafError('NOT_LEADER', 'This coordinator does not lead', { details: { leader: '' } });
    },
  });
  await assert.rejects(connect(standby.address), { code: 'NOT_LEADER' });
});
