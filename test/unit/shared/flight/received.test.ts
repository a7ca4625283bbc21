import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import type { Frame, Note } from '../../../../shared/flight/frame.ts';
import { Received } from '../../../../shared/flight/received.ts';
import type { Ticket } from '../../../../shared/flight/ticket.ts';

const body = Buffer.from('12345678');
const part = { stage: 0, task: 0, attempt: 0, partition: 0 };
const ticket: Ticket = { kind: 'parts', job: 'j', parts: [part, { ...part, task: 1 }] };
const start: Frame = { note: { sheaf: 1 }, metadata: Buffer.from('schema'), body: Buffer.alloc(0) };
const none = new Uint8Array();
const batch = (place: number, seq: number, rows = 1): Frame => ({
  note: { part: place, seq, rows, crc: crc32(body) },
  metadata: none,
  body,
});
const end = (...totals: [number, number, number][]): Frame => ({
  note: { end: totals },
  metadata: none,
  body: Buffer.alloc(0),
});

function take(frames: readonly Frame[], verify = true): Received {
  const received = new Received(ticket, verify);
  for (const frame of frames) received.accept(frame);
  return received;
}

test('a whole pull is complete, and only then', () => {
  const frames = [start, batch(0, 0), batch(0, 1), batch(1, 0, 5)];
  assert.equal(take(frames).complete, false);
  assert.equal(take([...frames, end([2, 2, 16], [1, 5, 8])]).complete, true);
  assert.equal(take([start, end([0, 0, 0], [0, 0, 0])]).complete, true);
});

test('anything missing, doubled, out of order or miscounted is an error', () => {
  const cases: Record<string, Frame[]> = {
    'no schema': [batch(0, 0)],
    'a batch lost': [start, batch(0, 1)],
    'a batch twice': [start, batch(0, 0), batch(0, 0)],
    'back to an earlier part': [start, batch(1, 0), batch(0, 0)],
    'an unknown part': [start, batch(2, 0)],
    'fewer segments': [start, batch(0, 0), end([2, 1, 8], [0, 0, 0])],
    'fewer rows': [start, batch(0, 0), end([1, 2, 8], [0, 0, 0])],
    'fewer bytes': [start, batch(0, 0), end([1, 1, 9], [0, 0, 0])],
    'fewer parts': [start, batch(0, 0), end([1, 1, 8])],
    'more parts': [start, end([0, 0, 0], [0, 0, 0], [0, 0, 0])],
    'more after the end': [start, end([0, 0, 0], [0, 0, 0]), start],
    'no note': [start, { ...start, note: {} as Note }],
    'a damaged body': [start, { ...batch(0, 0), body: Buffer.from('12345679') }],
  };
  for (const [name, frames] of Object.entries(cases)) {
    assert.throws(() => take(frames), { code: 'FILE_CORRUPT' }, name);
  }
});

test('a broken pull goes on after what has arrived, and its totals are of all of it', () => {
  const received = take([start, batch(0, 0), batch(0, 1), batch(1, 0)]);
  assert.deepEqual(received.rest(ticket), {
    kind: 'parts',
    job: 'j',
    parts: [
      { ...part, skip: 2 },
      { ...part, task: 1, skip: 1 },
    ],
  });
  assert.equal(received.accept(start), undefined, 'the schema is told once');
  assert.equal(received.accept(batch(1, 1))?.kind, 'batch');
  received.accept(end([2, 2, 16], [2, 2, 16]));
  assert.ok(received.complete);
  assert.throws(() => take([start]).accept({ ...start, metadata: Buffer.from('other') }), { code: 'FILE_CORRUPT' });
});

test('the part that falls short is told', () => {
  const received = take([start, batch(0, 0)]);
  assert.throws(() => received.accept(end([1, 1, 8], [1, 1, 8])), { code: 'FILE_CORRUPT' });
  assert.equal(received.part, 1);
});
