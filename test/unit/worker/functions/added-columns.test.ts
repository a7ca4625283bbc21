/** Steps that add a column: values for rows and batches, and states of aggregates. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../../shared/config/config.ts';
import type { FunctionStep } from '../../../../shared/stage/function-step.ts';
import { toArrowSchema } from '../../../../shared/types/arrow-schema.ts';
import { createRowBuilder } from '../../../../shared/types/row-builder.ts';
import { createRowReader } from '../../../../shared/types/row-reader.ts';
import { applyFunction } from '../../../../worker/functions/apply-function.ts';

const columns = [
  { name: 'k', type: 'VARCHAR' },
  { name: 'list', type: 'INTEGER[]' },
  { name: 'x', type: 'DOUBLE' },
  { name: 'grp', type: 'VARCHAR' },
  { name: 'counts', type: 'BOOLEAN' },
  { name: 'take', type: 'BOOLEAN' },
];
const schema = toArrowSchema(columns);
const config = { ...loadConfig(), functionGroupsMax: 2 };

const row = (k: string | null, x: number | null, take = true, counts = true) => ({
  k,
  list: [1, 2],
  x,
  grp: k ?? 'n',
  counts,
  take,
});

function batches(...many: readonly (readonly object[])[]) {
  return many.map((rows) => {
    const builder = createRowBuilder(columns, schema.fields, config);
    for (const each of rows) builder.append(each);
    const [batch] = builder.take(true);
    assert.ok(batch);
    return batch;
  });
}

function run(
  step: Omit<FunctionStep, 'kind' | 'bundle'>,
  call: (...args: never[]) => unknown,
  input: ReturnType<typeof batches>,
) {
  const ref = { sha256: '', name: 'f', async: false };
  const loaded = { ref, call: call as (input: unknown, params: unknown) => unknown, reads: null };
  const made = applyFunction({ kind: 'function', bundle: ref, ...step }, loaded, input, schema, config);
  return [...made.batches].map((batch) => {
    const reader = createRowReader(made.schema.fields);
    reader.bind(batch);
    return Array.from({ length: batch.rows }, (_, i) => reader.row(i));
  });
}

const state = { name: 'state', type: 'VARCHAR' };
const sum = () => ({
  init: () => 0,
  accumulate: (total: number, { value }: { value: number | null }) => total + (value ?? 0),
  merge: (a: number, b: number) => a + b,
  finish: (total: number) => total,
});
const args = [{ column: 'x', name: 'value' }];

test('a value for each row, beside the columns that are passed on, nested ones too', () => {
  const [rows] = run(
    {
      mode: 'scalar',
      schema: [
        { name: 'list', type: 'INTEGER[]' },
        { name: 'k', type: 'VARCHAR' },
        { name: 'r', type: 'DOUBLE' },
      ],
      args,
    },
    (({ value }: { value: number | null }) => (value === null ? null : value * 2)) as never,
    batches([row('a', 1), row(null, null)]),
  );
  assert.deepEqual(rows, [
    { list: [1, 2], k: 'a', r: 2 },
    { list: [1, 2], k: null, r: null },
  ]);
});

test('values for a batch: as many as it has rows', () => {
  const step = { mode: 'scalarBatches', schema: [{ name: 'r', type: 'DOUBLE' }], args } as const;
  const doubled = (batch: { numRows: number }) => new Float64Array(batch.numRows).fill(7);
  assert.deepEqual(run(step, doubled as never, batches([row('a', 1), row('b', 2)])), [[{ r: 7 }, { r: 7 }]]);
  assert.throws(() => run(step, (() => [1]) as never, batches([row('a', 1), row('b', 2)])), {
    code: 'FUNCTION_RESULT',
  });
  assert.throws(() => run(step, (() => 1) as never, batches([row('a', 1)])), { code: 'FUNCTION_RESULT' });
});

test('states by group: put out when there are many, rows that do not count or are not taken left out', () => {
  const groups = { keys: ['k', 'list'], group: 'grp', row: 'counts', include: 'take', passes: false };
  const step = {
    mode: 'accumulate',
    schema: [{ name: 'k', type: 'VARCHAR' }, { name: 'list', type: 'INTEGER[]' }, state],
    args,
    groups,
  } as const;
  const input = batches(
    [row('a', 1), row(null, 2), row('a', 3), row('z', 9, true, false)],
    [row('a', 5), row('b', 4, false)],
    [row('b', 6)],
  );
  const list = [1, 2];
  assert.deepEqual(run(step, sum as never, input), [
    [
      { k: 'a', list, state: '4' },
      { k: null, list, state: '2' },
    ],
    [
      { k: 'a', list, state: '5' },
      { k: 'b', list, state: '0' },
    ],
    [{ k: 'b', list, state: '6' }],
  ]);
});

test('states beside the rows themselves, which have none', () => {
  const groups = { keys: ['k'], group: 'grp', row: 'counts', include: 'take', passes: true };
  const passed = columns.filter(({ name }) => name !== 'take');
  const made = run(
    { mode: 'accumulate', schema: [...passed, state], args, groups },
    sum as never,
    batches([row('a', 1), row('a', 2)]),
  );
  const { take: _, ...own } = row('a', 1);
  assert.deepEqual(made, [
    [
      { ...own, state: null },
      { ...own, x: 2, state: null },
    ],
    [{ k: 'a', list: null, x: null, grp: null, counts: null, state: '3' }],
  ]);
});

test('what is no aggregate, and a state that is no JSON, are refused', () => {
  const groups = { keys: [], group: 'grp', row: 'counts', include: 'take', passes: false };
  const step = { mode: 'accumulate', schema: [state], args, groups } as const;
  assert.throws(() => run(step, (() => ({ init: () => 0 })) as never, batches([row('a', 1)])), {
    code: 'FUNCTION_RESULT',
  });
  const big = () => ({ ...sum(), init: () => 1n, accumulate: (n: bigint) => n });
  assert.throws(() => run(step, big as never, batches([row('a', 1)])), { code: 'FUNCTION_THREW' });
});
