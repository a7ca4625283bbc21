import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PermitDesk } from '../../../../coordinator/runtime/permit-desk.ts';
import { loadConfig } from '../../../../shared/config/config.ts';
import { PermitQueue } from '../../../../worker/connectors/permit-queue.ts';

/** A clock that has left the leader's first second behind. */
function deskOf(settings: Parameters<typeof loadConfig>[1] = {}): PermitDesk {
  let nowMs = 0;
  const desk = new PermitDesk(loadConfig({}, settings), () => nowMs + performance.now());
  nowMs = 10_000;
  return desk;
}

test('what is there is granted at once, and to all that wait alike', async () => {
  using desk = deskOf({ permitBurstMs: 1000 });
  assert.equal(await desk.ask({ key: 'a', perSecond: 10, count: 6 }), 6);
  const [first, second] = [
    desk.ask({ key: 'a', perSecond: 10, count: 50 }),
    desk.ask({ key: 'a', perSecond: 10, count: 50 }),
  ];
  assert.equal(await first, 4);
  assert.equal(await desk.ask({ key: 'b', perSecond: 10, count: 3 }), 3, 'another key has its own limit');
  assert.ok((await second) >= 1, 'when there is more, it is for whoever waits');
});

test('who waits too long, or wants it no more, is told to ask again', async () => {
  using desk = deskOf({ permitWaitMs: 20 });
  assert.equal(await desk.ask({ key: 'a', perSecond: 0.01, count: 1 }), 1);
  assert.equal(await desk.ask({ key: 'a', perSecond: 0.01, count: 1 }), 0);
  const stop = new AbortController();
  using slow = deskOf({ permitWaitMs: 9000 });
  await slow.ask({ key: 'a', perSecond: 0.01, count: 1 });
  const gone = slow.ask({ key: 'a', perSecond: 0.01, count: 1 }, stop.signal);
  stop.abort();
  assert.equal(await gone, 0);
});

test('no limit is none', () => {
  using desk = deskOf();
  for (const perSecond of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => desk.ask({ key: 'a', perSecond, count: 1 }), { code: 'USAGE' });
  }
});

test('many that wait are one question at a time; each gets what it waits for', async () => {
  const questions: number[] = [];
  const queue = new PermitQueue(async (_, __, count) => {
    questions.push(count);
    return Math.min(count, 40);
  });
  const granted = await Promise.all(Array.from({ length: 100 }, () => queue.take('a', 1000, 1)));
  assert.deepEqual(granted, Array(100).fill(1));
  assert.deepEqual(questions, [100, 60, 20]);
});

test('a question that fails fails all that wait; one that leaves does not', async () => {
  const failing = new PermitQueue(() => Promise.reject(new Error('gone')));
  const both = await Promise.allSettled([failing.take('a', 1, 1), failing.take('a', 1, 1)]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  const answer = Promise.withResolvers<number>();
  const queue = new PermitQueue((_, __, count) => answer.promise.then((most) => Math.min(most, count)));
  const stop = new AbortController();
  const leaving = queue.take('a', 1, 1, stop.signal);
  const staying = queue.take('a', 1, 1);
  stop.abort(new Error('no more'));
  await assert.rejects(leaving, /no more/);
  answer.resolve(5);
  assert.equal(await staying, 1);
});
