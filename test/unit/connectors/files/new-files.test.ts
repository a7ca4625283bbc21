import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FilesCursor, type FoundFile, newFiles } from '../../../../connectors/files/new-files.ts';

const limits = { fileCursorOverlapMs: 100, fileCursorNamesMax: 5 };
const file = (path: string, modifiedMs: number, sizeBytes = 1): FoundFile => ({ path, modifiedMs, sizeBytes });
const paths = (files: readonly FoundFile[]): string[] => files.map(({ path }) => path);

test('what is new is read once: also what comes at the same time, a little late, or is written again', () => {
  const first = newFiles([file('b', 1000), file('a', 1000)], undefined, limits);
  assert.deepEqual(paths(first.files), ['a', 'b']);
  const all = [file('a', 1000), file('b', 1000), file('c', 1000), file('late', 950), file('too-late', 899)];
  const second = newFiles(all, first.cursor, limits);
  assert.deepEqual(paths(second.files), ['late', 'c']);
  const third = newFiles([...all.slice(1), file('a', 1050, 2)], second.cursor, limits);
  assert.deepEqual(paths(third.files), ['a']);
  assert.deepEqual(newFiles([], third.cursor, limits), { files: [], cursor: third.cursor });
});

test('the cursor is bounded: the overlap becomes shorter', () => {
  const many = Array.from({ length: 20 }, (_, i) => file(`f${i}`, 1000 + i));
  const { cursor } = newFiles(many, undefined, limits);
  assert.deepEqual([cursor.sinceMs, cursor.seen.length], [1015, 5]);
  const same = Array.from({ length: 6 }, (_, i) => file(`f${i}`, 1000));
  assert.throws(() => newFiles(same, undefined, limits), { code: 'QUOTA_EXCEEDED', message: /cursor/ });
});

test('files that come no later than the overlap are each read exactly once, in whatever order listings see them', () => {
  const arrivals = fc.array(fc.record({ at: fc.nat(30), delay: fc.nat(90) }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(arrivals, fc.array(fc.nat(140), { minLength: 1, maxLength: 12 }), (files, listings) => {
      const room = { fileCursorOverlapMs: 100, fileCursorNamesMax: 100 };
      const read: string[] = [];
      let cursor: FilesCursor | undefined;
      for (const now of [...listings.sort((a, b) => a - b), 1000]) {
        const there = files.flatMap(({ at, delay }, i) => (at + delay <= now ? [file(`f${i}`, at)] : []));
        const listed = newFiles(there, cursor, room);
        read.push(...paths(listed.files));
        cursor = JSON.parse(JSON.stringify(listed.cursor));
      }
      assert.deepEqual(read.sort(), files.map((_, i) => `f${i}`).sort());
    }),
  );
});
