import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofPlanner } from '../../../../../coordinator/runtime/planning/planner-memory.ts';
import { SheafError } from '../../../../../shared/errors.ts';

test('memory that ran out in planning is the coordinator’s: no worker is blamed', () => {
  const ours = ofPlanner(new SheafError('OUT_OF_MEMORY', 'failed to allocate').toData());
  assert.match(`${ours.message} ${ours.next}`, /planningMemoryBytes.*failed to allocate.*SHEAF_PLANNING_MEMORY_BYTES/);
  assert.doesNotMatch(ours.next ?? '', /worker/);
  const other = new SheafError('SQL_INVALID', 'x').toData();
  assert.equal(ofPlanner(other), other);
});
