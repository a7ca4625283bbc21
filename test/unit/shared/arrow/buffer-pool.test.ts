import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool } from '../../../../shared/arrow/buffer-pool.ts';

const KiB = 1024;
const view = (buffer: ArrayBuffer, bytes = buffer.byteLength): Uint8Array => new Uint8Array(buffer, 0, bytes);

test('what is given back is taken again, the smallest that fits', () => {
  const pool = new BufferPool(1024 * KiB);
  const [small, large] = [pool.take(64 * KiB), pool.take(200 * KiB)];
  assert.equal(large.byteLength, 256 * KiB);
  for (const buffer of [large, small]) pool.giveBack(view(buffer, 100));
  assert.equal(pool.freeBytes, 320 * KiB);
  assert.equal(pool.take(64 * KiB), small);
  assert.equal(pool.take(70 * KiB), large);
  assert.equal(pool.freeBytes, 0);
});

test('a buffer much larger than what is asked for stays for others', () => {
  const pool = new BufferPool(4096 * KiB);
  const large = pool.take(1024 * KiB);
  pool.giveBack(view(large));
  assert.notEqual(pool.take(64 * KiB), large);
  assert.equal(pool.take(1000 * KiB), large);
});

test('nothing is taken back twice, nor what came from elsewhere', () => {
  const pool = new BufferPool(1024 * KiB);
  const buffer = pool.take(64 * KiB);
  const batch = { rows: 1, nodes: [], buffers: [view(buffer, 10), view(buffer, 20), new Uint8Array(64 * KiB)] };
  pool.giveBackBatch(batch);
  pool.giveBackBatch(batch);
  assert.equal(pool.freeBytes, 64 * KiB);
  pool.giveBack(view(pool.take(100))); // too small to be kept
  assert.equal(pool.freeBytes, 64 * KiB);
});

test('no more is kept than may be: the oldest goes', () => {
  const pool = new BufferPool(200 * KiB);
  const [a, b, c, tooLarge] = [64, 64, 128, 256].map((size) => pool.take(size * KiB));
  for (const buffer of [a, b, c, tooLarge]) pool.giveBack(view(buffer as ArrayBuffer));
  assert.equal(pool.freeBytes, 192 * KiB);
  assert.equal(pool.take(64 * KiB), b);
  assert.equal(pool.take(128 * KiB), c);
});
