import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RecordBatch, Table, tableFromArrays, tableToIPC } from 'apache-arrow';
import { scanKey } from '../../../../coordinator/planner/source.ts';
import { resolveSources } from '../../../../coordinator/sources/resolve-sources.ts';
import { PlannerBench, scan } from '../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

const resolve = (path: string) => {
  const node = scan(path, {}, 'arrow');
  return resolveSources(node, bench.tools).get(scanKey(node));
};

const batches = (): Table => {
  const [one] = tableFromArrays({ a: Int32Array.of(1, 2, 3), b: Float64Array.of(1, 2, 3) }).batches;
  const [two] = tableFromArrays({ a: Int32Array.of(4), b: Float64Array.of(5) }).batches;
  assert.ok(one && two);
  return new Table(one.schema, [one, new RecordBatch(one.schema, two.data)]);
};

for (const form of ['file', 'stream'] as const) {
  test(`an Arrow IPC ${form} is cut at its record batches`, () => {
    const path = bench.path(`${form}.arrow`);
    writeFileSync(path, tableToIPC(batches(), form));
    const source = resolve(path);
    assert.deepEqual(source?.schema, [
      { name: 'a', type: 'INTEGER' },
      { name: 'b', type: 'DOUBLE' },
    ]);
    assert.deepEqual(
      source.splits.map(({ split, rows }) => split.kind === 'arrow' && [split.firstBatch, split.batches, rows]),
      [
        [0, 1, 3],
        [1, 1, 1],
      ],
    );
  });

  test(`a cut Arrow IPC ${form} is corrupt`, () => {
    const bytes = tableToIPC(batches(), form);
    const path = bench.path(`cut-${form}.arrow`);
    writeFileSync(path, bytes);
    truncateSync(path, bytes.length - 100);
    assert.throws(() => resolve(path), { code: 'FILE_CORRUPT', message: /cut-/ });
  });
}

test('a real file of another writer is read, dictionaries as their values', () => {
  const path = fileURLToPath(
    new URL('../../../../node_modules/vega-datasets/data/flights-200k.arrow', import.meta.url),
  );
  const source = resolve(path);
  assert.equal(
    source?.splits.reduce((sum, { rows }) => sum + rows, 0),
    200_000,
  );
});

test('what is no Arrow at all is corrupt', () => {
  const path = bench.path('text.arrow');
  writeFileSync(path, 'a,b\n1,2\n');
  assert.throws(() => resolve(path), { code: 'FILE_CORRUPT' });
});
