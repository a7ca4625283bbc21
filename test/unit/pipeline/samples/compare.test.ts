import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference } from '../../../../pipeline/samples/compare.ts';

test('rows are compared in any order, by the columns that are named, each once', () => {
  const rows = [
    { id: 1, name: 'a', at: '2026-01-31 12:00:00' },
    { id: '2', name: null, at: '2026-01-31' },
  ];
  assert.deepEqual(
    difference(rows, [
      { id: 2, name: null },
      { id: 1, at: '2026-01-31T12:00:00Z' },
    ]),
    { missing: [], unexpected: [] },
  );
  assert.deepEqual(difference(rows, [{ id: 1 }, { id: 1 }]), { missing: [{ id: 1 }], unexpected: [rows[1]] });
  assert.deepEqual(difference(rows, [{ id: 1, other: 1 }]).missing, [{ id: 1, other: 1 }]);
  assert.deepEqual(difference([{ ok: true, list: [1] }], [{ ok: 'true', list: [1] }]).missing, []);
  assert.equal(difference([{ name: 'a' }], [{ name: 'A' }]).missing.length, 1);
  assert.equal(difference([{ n: null }], [{ n: 0 }]).missing.length, 1);
});
