import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SheafError } from '../../../../shared/errors.ts';
import { jobId, stageId, workerId } from '../../../../shared/ids.ts';
import { Holdings } from '../../../../worker/exchange/holdings.ts';
import type { Wish } from '../../../../worker/exchange/protocol.ts';

const wish = (shared: boolean, job = 'j'): Wish => {
  const part = {
    stage: stageId(0),
    task: 0,
    attempt: 0,
    partition: 0,
    worker: workerId('w'),
    address: 'a:1',
    rows: 1,
    bytes: 1,
  };
  return { kind: 'parts', job: jobId(job), parts: [part], shared, self: workerId('self') };
};

/** Fetches that end when told to; what happens is written down. */
function setUp() {
  const story: string[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const holdings = new Holdings({
    fetch: (_, signal) => {
      const fetch = ends.length;
      story.push(`fetch ${fetch}`);
      return new Promise((resolve, reject) => {
        ends.push((error) => (error ? reject(error) : resolve({ parts: [], spool: `spool ${fetch}` })));
        signal.addEventListener('abort', () => {
          story.push(`abort ${fetch}`);
          reject(signal.reason);
        });
      });
    },
    remove: async (spool) => void story.push(`remove ${spool}`),
  });
  return { holdings, story, end: (fetch: number, error?: Error) => ends[fetch]?.(error) };
}

test("a task's own spool goes when it is released, once", async () => {
  const { holdings, story, end } = setUp();
  const held = holdings.hold(1, wish(false));
  end(0);
  await held;
  assert.equal(holdings.count, 1);
  await holdings.release(1);
  await holdings.release(1);
  assert.equal(holdings.count, 0);
  assert.deepEqual(story, ['fetch 0', 'remove spool 0']);
});

test('a shared fetch goes on as long as one task waits for it, and its spool stays for later tasks', async () => {
  const { holdings, story, end } = setUp();
  // 1. Two tasks wait.  2. One is cancelled.  3. The fetch ends; the other reads.  4. A third comes.  5. The job goes.
  const first = holdings.hold(1, wish(true));
  const second = holdings.hold(2, wish(true));
  await holdings.release(1);
  end(0);
  await Promise.all([first, second]);
  await holdings.release(2);
  await holdings.hold(3, wish(true));
  assert.deepEqual(story, ['fetch 0']);
  await holdings.drop(jobId('other'));
  await holdings.drop(jobId('j'));
  assert.deepEqual(story.at(-1), 'remove spool 0');
  assert.equal(holdings.count, 0);
});

test('a fetch that nobody waits for is stopped; the next one begins anew', async () => {
  const { holdings, story, end } = setUp();
  for (const shared of [false, true]) {
    const held = assert.rejects(holdings.hold(1, wish(shared)), { code: 'CANCELLED' });
    await holdings.release(1);
    await held;
  }
  const again = holdings.hold(2, wish(true));
  end(2);
  await again;
  assert.deepEqual(story, ['fetch 0', 'abort 0', 'fetch 1', 'abort 1', 'fetch 2']);
});

test('a fetch that fails is told to all who wait, and is not kept', async () => {
  const { holdings, story, end } = setUp();
  const waiting = [1, 2].map((id) => assert.rejects(holdings.hold(id, wish(true)), { code: 'FETCH_FAILED' }));
  end(0, new SheafError('FETCH_FAILED', 'lost'));
  await Promise.all(waiting);
  assert.equal(holdings.count, 0);
  const again = holdings.hold(3, wish(true));
  end(1);
  await again;
  assert.deepEqual(story, ['fetch 0', 'fetch 1']);
});
