import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { inOrder } from '../../../../client/result/read-ahead.ts';

interface Watched {
  given: number;
  ended: boolean;
}

/** Gives so many items of one byte, and says how far it was read. */
async function* source(name: string, items: number, watched: Watched, fails = false) {
  try {
    for (let item = 0; item < items; item++) {
      await turn();
      watched.given += 1;
      yield `${name}${item}`;
    }
    if (fails) throw new Error(`${name} broke`);
  } finally {
    watched.ended = true;
  }
}

const watch = (): Watched => ({ given: 0, ended: false });
const limits = (concurrent: number, bytesMax: number) => ({ bytesOf: () => 1, bytesMax, concurrent });
const turns = async (count: number): Promise<void> => {
  for (let each = 0; each < count; each++) await turn();
};

test('all items come, source after source', async () => {
  const sources = ['a', 'b', 'c', 'd', 'e'].map((name) => source(name, 3, watch()));
  const items = await Array.fromAsync(inOrder(sources, limits(2, 4)));
  assert.deepEqual(
    items,
    ['a', 'b', 'c', 'd', 'e'].flatMap((name) => [0, 1, 2].map((item) => name + item)),
  );
});

test('no more is read ahead than the limit allows, however slow the consumer', async () => {
  const watched = Array.from({ length: 4 }, watch);
  const read = inOrder(
    watched.map((each, place) => source(String(place), 100, each)),
    limits(2, 10),
  );
  await read.next();
  await turns(200);
  assert.deepEqual(
    watched.map(({ given }) => given),
    [6, 5, 0, 0],
  ); // One consumed, five of each open source ready.
  await read.return();
  assert.deepEqual(
    watched.map(({ ended }) => ended),
    [true, true, false, false],
  );
});

test('a failure comes after the items before it, and ends the other sources', async () => {
  const other = watch();
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const item of inOrder([source('a', 2, watch(), true), source('b', 50, other)], limits(2, 4)))
      seen.push(item);
  }, /a broke/);
  assert.deepEqual(seen, ['a0', 'a1']);
  assert.ok(other.ended);
  assert.ok(other.given <= 3);
});

test('nothing in, nothing out', async () => {
  assert.deepEqual(await Array.fromAsync(inOrder([], limits(3, 3))), []);
});
