import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobId, stageId, workerId } from '../../../../shared/ids.ts';
import { keysOf } from '../../../../shared/store/keys.ts';

test('keys lie under their cluster, and stages sort by number', () => {
  const keys = keysOf('prod');
  assert.equal(keys.leader, '/sheaf/prod/leader');
  assert.equal(keys.worker(workerId('worker-1')), '/sheaf/prod/workers/worker-1');
  assert.equal(keys.job(jobId('job-1')), '/sheaf/prod/jobs/job-1');
  const stages = [2, 10].map((number) => keys.stage(jobId('job-1'), stageId(number)));
  assert.deepEqual(stages.toSorted(), stages);
  for (const key of stages) assert.ok(key.startsWith(keys.stages(jobId('job-1'))));
});

test('no given name reaches outside its place', () => {
  const keys = keysOf('a/../b');
  for (const key of [keys.leader, keys.cursor('../leader', '..'), keys.schedule('x/y')]) {
    assert.ok(key.startsWith('/sheaf/a%2F..%2Fb/'), key);
  }
  assert.equal(keysOf('a').cursor('x/y', 'z/').split('/').length, 6);
});
