import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { meetingTasks, pack, packSplits, taskCount } from '../../../../../coordinator/planner/stages/pack.ts';
import { loadConfig } from '../../../../../shared/config/config.ts';

const MiB = 1024 * 1024;
const config = loadConfig({}, { taskBytesMin: 16 * MiB, taskBytesTarget: 128 * MiB, tasksPerSlot: 2 });

test('packing keeps all items in their order and makes no more tasks than asked, none of them empty', () => {
  const property = fc.property(
    fc.array(fc.nat(1000), { minLength: 1 }),
    fc.integer({ min: 1, max: 20 }),
    (items, tasks) => {
      const packed = pack(items, (item) => item, tasks);
      assert.deepEqual(packed.flat(), items);
      assert.ok(packed.length <= tasks);
      assert.ok(packed.every((run) => run.length > 0));
      const total = items.reduce((sum, item) => sum + item, 0);
      const largest = Math.max(...items);
      for (const run of packed) assert.ok(run.reduce((sum, item) => sum + item, 0) <= total / tasks + largest);
    },
  );
  fc.assert(property);
});

test('nothing to pack is one empty task', () => {
  assert.deepEqual(
    pack([], () => 1, 5),
    [[]],
  );
});

test('little data is one task; much is cut to the target in whole rounds over the slots', () => {
  assert.equal(taskCount(3 * MiB, { slots: 8, config }), 1);
  assert.equal(taskCount(40 * MiB, { slots: 8, config }), 2);
  assert.equal(taskCount(1024 * MiB, { slots: 4, config }), 8);
  assert.equal(taskCount(3000 * MiB, { slots: 4, config }), 24);
  assert.equal(taskCount(1024 * MiB, { slots: 0, config }), 8);
});

test('tasks beyond the slots come in whole rounds, also where there are few pieces, and their sizes differ by one piece', () => {
  assert.equal(taskCount(5 * 16 * MiB, { slots: 4, config }), 4);
  assert.equal(taskCount(3 * 16 * MiB, { slots: 4, config }), 3);
  assert.equal(taskCount(500 * MiB, { slots: 4, config }), 4);
  assert.equal(taskCount(1024 * MiB, { slots: 4, config }), 8);
  assert.equal(taskCount(1024 * MiB, { slots: 4, config }, 6), 4);
  assert.equal(taskCount(1024 * MiB, { slots: 4, config }, 2), 2);
  const property = fc.property(
    fc.integer({ min: 1, max: 4000 }),
    fc.integer({ min: 1, max: 300 }),
    fc.integer({ min: 1, max: 40 }),
    (size, pieces, slots) => {
      const tasks = taskCount(size * MiB, { slots, config }, pieces);
      assert.ok(tasks <= slots || tasks % slots === 0, `${tasks} tasks on ${slots} slots`);
      const sizes = pack(Array(pieces).fill(1), () => 1, tasks).map(({ length }) => length);
      assert.equal(sizes.length, tasks);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, sizes.join());
    },
  );
  fc.assert(property);
});

test('where rows meet there are no more tasks than slots, and whole rounds of much data', () => {
  assert.equal(meetingTasks(0, 4, config), 1);
  assert.equal(meetingTasks(40 * MiB, 4, config), 3);
  assert.equal(meetingTasks(500 * MiB, 4, config), 4);
  assert.equal(meetingTasks(5 * 128 * MiB, 4, config), 8);
  assert.equal(meetingTasks(5 * 128 * MiB, 4, { ...config, plannedPartitionsMax: 6 }), 6);
  assert.equal(meetingTasks(40 * MiB, 0, config), 1);
});

test('neighbours in a file are joined, gaps and other files are not', () => {
  const file = (path: string) => ({ path, sizeBytes: 100, modifiedMs: 0 });
  const rows = (path: string, firstRow: number) => ({
    split: { kind: 'parquet' as const, file: file(path), firstRow, rows: 10, fileRows: 40 },
    rows: 10,
    bytes: 1,
  });
  const splits = [rows('a', 0), rows('a', 10), rows('a', 30), rows('b', 40)];
  assert.deepEqual(
    packSplits(splits, 1)[0]?.map((split) => split.kind === 'parquet' && [split.file.path, split.firstRow, split.rows]),
    [
      ['a', 0, 20],
      ['a', 30, 10],
      ['b', 40, 10],
    ],
  );
  const bytes = (from: number, to: number) => ({
    split: { kind: 'ndjson' as const, file: file('c'), from, to },
    rows: 0,
    bytes: 1,
  });
  assert.deepEqual(packSplits([bytes(0, 10), bytes(10, 30)], 1), [
    [{ kind: 'ndjson', file: file('c'), from: 0, to: 30 }],
  ]);
});
