import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notLeading } from '../../../../coordinator/runtime/not-leading.ts';

test('a standby names the leader; a leader that has lost etcd does not send clients to itself', () => {
  const standby = notLeading('a:1', 'b:2');
  assert.match(standby.message, /; b:2 does$/);
  assert.equal(standby.details?.leader, 'b:2');
  for (const cut of [notLeading('a:1', 'a:1'), notLeading('a:1', '')]) {
    assert.doesNotMatch(cut.message, /a:1/);
    assert.match(cut.next ?? '', /etcd runs/);
    assert.equal(cut.retryable, true);
  }
  assert.match(notLeading('a:1', 'a:1').message, /waits for etcd, or for the last leader's lease/);
});
