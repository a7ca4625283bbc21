import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  isOver,
  type RunEvent,
  type RunPolicy,
  type Step,
  step,
} from '../../../../../coordinator/pipelines/decisions/machine.ts';
import type { RunLife, RunRecord, RunState } from '../../../../../pipeline/records/run.ts';
import type { ErrorData } from '../../../../../shared/errors.ts';
import { jobId } from '../../../../../shared/ids.ts';

const policy: RunPolicy = {
  retry: { attempts: 3, firstDelayMs: 100, delayMsMax: 150 },
  takeoversMax: 2,
  commitRetryMs: 10,
  commitRetryMsMax: 40,
};
const passing: ErrorData = { code: 'SOURCE_FAILED', message: 'the service is away', retryable: true };
const lasting: ErrorData = { code: 'RULE_BROKEN', message: 'two rows are bad' };
const summary = { sources: [], outputs: [] };
const job = jobId('job-1');

const lives: Readonly<Record<RunState, RunLife>> = {
  queued: { state: 'queued', dueMs: 5 },
  preparing: { state: 'preparing' },
  loading: { state: 'loading', job },
  committing: { state: 'committing', commit: 'c' },
  retrying: { state: 'retrying', dueMs: 5, error: passing },
  succeeded: { state: 'succeeded', endedMs: 5, summary },
  failed: { state: 'failed', endedMs: 5, error: lasting },
  cancelled: { state: 'cancelled', endedMs: 5 },
};

const run = (state: RunState, more: Partial<RunRecord> = {}): RunRecord => ({
  id: 'orders-1',
  pipeline: 'orders',
  version: 'v',
  cause: 'manual',
  params: {},
  attempt: 1,
  failures: 0,
  takeovers: 0,
  submittedMs: 1,
  life: lives[state],
  ...more,
});

const events: readonly RunEvent[] = [
  { kind: 'due' },
  { kind: 'submitted', attempt: 1, job },
  { kind: 'failed', attempt: 1, error: passing },
  { kind: 'decided', attempt: 1, commit: 'c' },
  { kind: 'committed', summary },
  { kind: 'commitFailed', error: passing, some: false, tries: 1 },
  { kind: 'cancelled' },
  { kind: 'abandoned' },
  { kind: 'cleaned' },
  { kind: 'notified', notice: { state: 'delivered', atMs: 1000 } },
  { kind: 'takenOver' },
];

const told = ({ record, effects }: Step): string =>
  [`${record.life.state}#${record.attempt}`, ...effects.map(({ kind }) => kind)].join(' ');

/** What every event does in every state: `-` changes nothing, `!` cannot come. */
const table: Readonly<Record<RunState, Readonly<Record<RunEvent['kind'], string>>>> = {
  queued: {
    due: 'preparing#1 prepare',
    submitted: '!',
    failed: '!',
    decided: '!',
    committed: '!',
    commitFailed: '!',
    cancelled: 'cancelled#1 cancelJob clean',
    abandoned: 'cancelled#1 cancelJob clean',
    cleaned: '!',
    notified: '!',
    takenOver: 'queued#1 wait',
  },
  preparing: {
    due: '!',
    submitted: 'loading#1 follow',
    failed: 'retrying#1 cancelJob wait',
    decided: '!',
    committed: '!',
    commitFailed: '!',
    cancelled: 'cancelled#1 cancelJob clean',
    abandoned: 'cancelled#1 cancelJob clean',
    cleaned: '!',
    notified: '!',
    takenOver: 'queued#2 cancelJob wait',
  },
  loading: {
    due: '!',
    submitted: '!',
    failed: 'retrying#1 cancelJob wait',
    decided: 'committing#1 commit',
    committed: '!',
    commitFailed: '!',
    cancelled: 'cancelled#1 cancelJob clean',
    abandoned: 'cancelled#1 cancelJob clean',
    cleaned: '!',
    notified: '!',
    takenOver: 'queued#2 cancelJob wait',
  },
  committing: {
    due: '!',
    submitted: '!',
    failed: '!',
    decided: '!',
    committed: 'succeeded#1 clean',
    commitFailed: 'committing#1 commit',
    cancelled: '-',
    abandoned: 'committing#1 hurry',
    cleaned: '!',
    notified: '!',
    takenOver: 'committing#1 commit',
  },
  retrying: {
    due: 'preparing#2 prepare',
    submitted: '!',
    failed: '!',
    decided: '!',
    committed: '!',
    commitFailed: '!',
    cancelled: 'cancelled#1 cancelJob clean',
    abandoned: 'cancelled#1 cancelJob clean',
    cleaned: '!',
    notified: '!',
    takenOver: 'retrying#1 wait',
  },
  succeeded: over('succeeded'),
  failed: over('failed'),
  cancelled: over('cancelled'),
};

/** What was under way may still answer, and is not heard. */
function over(state: RunState): Record<RunEvent['kind'], string> {
  const late = { due: '-', submitted: '-', failed: '-', decided: '-' };
  return {
    ...late,
    committed: '!',
    commitFailed: '!',
    cancelled: '-',
    abandoned: '-',
    cleaned: `${state}#1`,
    notified: state === 'failed' ? 'failed#1' : '!',
    takenOver: `${state}#1 clean`,
  };
}

for (const state of Object.keys(lives) as RunState[]) {
  test(`every event in the state ${state}`, () => {
    for (const event of events) {
      const record = run(state);
      const expected = table[state][event.kind];
      const where = `${event.kind} in ${state}`;
      if (expected === '!') assert.throws(() => step(record, event, 1000, policy), /cannot come/, where);
      else if (expected === '-') assert.deepEqual(step(record, event, 1000, policy), { record, effects: [] }, where);
      else assert.equal(told(step(record, event, 1000, policy)), expected, where);
    }
  });
}

test('an event of an earlier attempt changes nothing, whatever the state', () => {
  for (const state of Object.keys(lives) as RunState[]) {
    for (const event of events) {
      if (!('attempt' in event)) continue;
      const record = run(state, { attempt: 2 });
      assert.deepEqual(step(record, event, 1000, policy), { record, effects: [] });
    }
  }
});

test('only what may pass is tried again, so often and with such pauses as the policy says', () => {
  const failed = (error: ErrorData, failures: number) =>
    step(run('loading', { failures }), { kind: 'failed', attempt: 1, error }, 1000, policy).record;
  assert.equal(failed(lasting, 0).life.state, 'failed');
  assert.deepEqual(failed(passing, 0).life, { state: 'retrying', dueMs: 1100, error: passing });
  assert.deepEqual(failed(passing, 1).life, { state: 'retrying', dueMs: 1150, error: passing });
  assert.equal(failed(passing, 2).life.state, 'failed');
  assert.equal(failed({ code: 'WORKERS_LOST', message: 'nobody knows' }, 0).life.state, 'retrying');
});

test('a sink that refuses for good fails the run only if no other has committed', () => {
  const refused = (some: boolean, error: ErrorData, tries = 1) =>
    step(run('committing'), { kind: 'commitFailed', error, some, tries }, 1000, policy);
  assert.equal(told(refused(false, lasting)), 'failed#1 clean');
  assert.equal(told(refused(true, lasting)), 'committing#1 commit');
  const { record, effects } = refused(true, lasting, 9);
  assert.deepEqual(record.life, { state: 'committing', commit: 'c', error: lasting });
  assert.deepEqual(effects, [{ kind: 'commit', commit: 'c', atMs: 1040, tries: 9 }]);
});

test('abandoned, it is tried once more by whoever leads, and then is over, whatever has been loaded', () => {
  const left = step(run('committing'), { kind: 'abandoned' }, 1000, policy).record;
  assert.deepEqual(step(left, { kind: 'abandoned' }, 1000, policy), { record: left, effects: [] });
  assert.equal(told(step(left, { kind: 'takenOver' }, 1000, policy)), 'committing#1 commit');
  assert.equal(told(step(left, { kind: 'committed', summary }, 1000, policy)), 'succeeded#1 clean');
  for (const error of [lasting, passing, { code: 'STAGED_LOST', message: 'it is gone' } as const]) {
    for (const some of [true, false]) {
      const { record, effects } = step(left, { kind: 'commitFailed', error, some, tries: 1, summary }, 1000, policy);
      assert.deepEqual(effects, [{ kind: 'clean' }]);
      assert.ok(record.life.state === 'failed');
      assert.deepEqual([record.life.summary, record.life.error.code], [summary, error.code]);
    }
  }
});

test('what was staged is gone: the run begins anew, unless another sink has committed', () => {
  const lost: ErrorData = { code: 'STAGED_LOST', message: 'the staging table has 0 rows' };
  const after = (some: boolean, failures = 0) =>
    step(run('committing', { failures }), { kind: 'commitFailed', error: lost, some, tries: 3 }, 1000, policy);
  assert.equal(told(after(false)), 'retrying#1 cancelJob wait');
  assert.equal(told(after(false, 2)), 'failed#1 cancelJob clean');
  assert.equal(told(after(true)), 'committing#1 commit');
});

test('a run that ends its leaders ends; what it had decided is done all the same', () => {
  const again = (state: RunState) => step(run(state, { takeovers: 2 }), { kind: 'takenOver' }, 1000, policy);
  assert.equal(told(again('loading')), 'failed#1 cancelJob clean');
  assert.equal(told(again('committing')), 'committing#1 commit');
});

test('what is cleaned needs no cleaning by the next leader', () => {
  const cleaned = step(run('failed'), { kind: 'cleaned' }, 1000, policy).record;
  assert.deepEqual(step(cleaned, { kind: 'takenOver' }, 2000, policy).effects, []);
});

test('whatever comes: nothing is prepared again after a decision, and an end is an end', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events.map(({ kind }) => kind)), { maxLength: 40 }), (kinds) => {
      let record = run('queued');
      let decided = false;
      for (const kind of kinds) {
        const before = record.life;
        const event = { ...events.find((each) => each.kind === kind), attempt: record.attempt } as RunEvent;
        let taken: Step;
        try {
          taken = step(record, event, 1000, policy);
        } catch {
          continue; // It cannot come here.
        }
        if (decided) assert.ok(taken.effects.every(({ kind }) => ['commit', 'hurry', 'clean'].includes(kind)));
        if (isOver(before)) assert.equal(taken.record.life, before);
        assert.ok(taken.record.attempt >= record.attempt);
        record = taken.record;
        decided ||= record.life.state === 'committing';
      }
    }),
  );
});
