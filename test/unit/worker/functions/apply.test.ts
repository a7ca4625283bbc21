import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Schema as ArrowSchema } from 'apache-arrow';
import { bundleFunction } from '../../../../client/functions/bundle-function.ts';
import { callSite } from '../../../../client/functions/call-site.ts';
import type { AnyFunction } from '../../../../client/functions/find-function.ts';
import type { Batch } from '../../../../shared/arrow/batch.ts';
import { loadConfig } from '../../../../shared/config/config.ts';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../shared/duckdb/database.ts';
import type { SheafError } from '../../../../shared/errors.ts';
import { type SchemaSpec, toSchema } from '../../../../shared/schema.ts';
import type { FunctionStep } from '../../../../shared/stage/function-step.ts';
import { createRowReader } from '../../../../shared/types/row-reader.ts';
import { applyAsyncFunction } from '../../../../worker/functions/apply-async-function.ts';
import { applyFunction } from '../../../../worker/functions/apply-function.ts';
import { loadFunction } from '../../../../worker/functions/load-function.ts';
import { placeOfText } from './fixtures/place.ts';
import * as user from './fixtures/user-functions.ts';

const config = loadConfig();
const folder = mkdtempSync(join(tmpdir(), 'sheaf-test-apply-'));
const database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: join(folder, 'spill') });
const connection = Connection.open(database.address);
after(() => {
  connection[Symbol.dispose]();
  database[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

type Row = Readonly<Record<string, unknown>>;

const sql = `SELECT i, if(i % 7 = 0, NULL, i::INTEGER) AS n, if(i % 5 = 0, NULL, i / 4) AS d,
  if(i % 11 = 0, NULL, repeat('ä', (i % 3)::INTEGER) || i) AS s, make_timestamp(i * 1000001) AS t
  FROM range(ROWS) r(i)`;

function input(rows: number) {
  using query = connection.query(sql.replace('ROWS', String(rows)), { batchRowsMax: 2048 });
  return { batches: [...query], schema: query.schema };
}

function readRows(batches: Iterable<Batch>, { fields }: ArrowSchema): Row[] {
  const reader = createRowReader(fields);
  return [...batches].flatMap((batch) => {
    reader.bind(batch);
    return Array.from({ length: batch.rows }, (_, i) => reader.row(i));
  });
}

interface Step {
  readonly mode: FunctionStep['mode'];
  readonly schema?: SchemaSpec;
  readonly params?: unknown;
}

/** Bundles, stores and loads a function as client and worker do. */
async function prepare(
  call: { fn: AnyFunction; site: ReturnType<typeof callSite> },
  { mode, schema = {}, params }: Step,
) {
  const bundled = await bundleFunction(call.fn, call.site, config);
  const path = join(folder, bundled.sha256);
  writeFileSync(path, bundled.code);
  const { sha256, name, async } = bundled;
  const step: FunctionStep = {
    kind: 'function',
    mode,
    schema: toSchema(schema),
    bundle: { sha256, name, async, params },
  };
  return { step, loaded: await loadFunction(step.bundle, path) };
}

const passed = (fn: AnyFunction) => ({ fn, site: callSite('passed', passed) });

async function run(call: ReturnType<typeof passed>, step: Step, rows = 5000): Promise<Row[]> {
  const { step: made, loaded } = await prepare(call, step);
  const { batches, schema } = input(rows);
  if (made.bundle.async) {
    const applied = applyAsyncFunction(made, loaded, batches, schema, config);
    return readRows(await Array.fromAsync(applied.batches), applied.schema);
  }
  const applied = applyFunction(made, loaded, batches, schema, config);
  return readRows(applied.batches, applied.schema);
}

/** The input's rows, as the original functions would get them. */
const inputRows = (rows = 5000): user.Row[] => {
  const { batches, schema } = input(rows);
  return readRows(batches, schema) as unknown as user.Row[];
};

const twice = { i: 'bigint', twice: 'double' };
const parts = { i: 'bigint', part: 'varchar', flag: 'boolean' };

test('map: the same rows as the original function makes', async () => {
  assert.deepEqual(await run(passed(user.double), { mode: 'map', schema: twice }), inputRows().map(user.double));
});

test('map: a row can be spread; timestamps keep their microseconds', async () => {
  const schema = { i: 'bigint', n: 'integer', d: 'double', s: 'varchar', t: 'timestamp' };
  assert.deepEqual(await run(passed(user.spread), { mode: 'map', schema }), inputRows().map(user.spread));
  const { batches } = input(10);
  const { step, loaded } = await prepare(passed(user.spread), { mode: 'map', schema });
  const [made] = applyFunction(step, loaded, batches, input(1).schema, config).batches;
  assert.deepEqual(made?.buffers.at(-1), batches[0]?.buffers.at(-1)?.slice(0, 80));
});

test('flatMap: generators and arrays', async () => {
  assert.deepEqual(
    await run(passed(user.repeat), { mode: 'flatMap', schema: { i: 'bigint', k: 'integer' } }),
    inputRows().flatMap((row) => [...user.repeat(row)]),
  );
  assert.deepEqual(
    await run(passed(user.words), { mode: 'flatMap', schema: { i: 'bigint', letter: 'varchar' } }),
    inputRows().flatMap(user.words),
  );
});

test('filter: rows are kept whole, null is no', async () => {
  const expected = inputRows().filter((row) => user.isOdd(row));
  assert.deepEqual(await run(passed(user.isOdd), { mode: 'filter' }), expected);
  assert.deepEqual(
    await run(passed(user.isOdd), { mode: 'filter', params: { modulo: 3 } }),
    inputRows().filter((row) => user.isOdd(row, { modulo: 3 })),
  );
});

test('mapBatches: record batches, slices, tables with dictionaries, columns, rows', async () => {
  const all = { i: 'bigint', n: 'integer', d: 'double', s: 'varchar', t: 'timestamp' };
  assert.deepEqual(await run(passed(user.sameBatch), { mode: 'mapBatches', schema: all }), inputRows());
  const sliced = await run(passed(user.slicedBatch), { mode: 'mapBatches', schema: all }, 2048);
  assert.deepEqual(sliced, inputRows().slice(1, 7));
  const reordered = { t: 'timestamp', s: 'varchar', d: 'double', n: 'bigint', i: 'integer' };
  const widened = await run(passed(user.sameBatch), { mode: 'mapBatches', schema: reordered });
  assert.deepEqual(
    widened,
    inputRows().map(({ i, n, d, s, t }) => ({ t, s, d, n: n === null ? null : BigInt(n), i: Number(i) })),
  );
  const tables = await run(passed(user.table), { mode: 'mapBatches', schema: parts }, 10);
  assert.deepEqual(tables.slice(0, 2), [
    { i: 0n, part: null, flag: true },
    { i: 1n, part: 'part 1', flag: false },
  ]);
  const arrays = await run(passed(user.fromArrays), { mode: 'mapBatches', schema: parts }, 3);
  assert.deepEqual(arrays, Array(3).fill({ i: 0n, part: 'x', flag: true }));
  const columns = await run(passed(user.columns), { mode: 'mapBatches', schema: parts }, 2);
  assert.deepEqual(
    columns,
    [0n, 1n].map((i) => ({ i, part: 'p', flag: null })),
  );
  const several = { i: 'bigint', s: 'varchar', t: 'timestamp', d: 'double' };
  const vectors = await run(passed(user.vectors), { mode: 'mapBatches', schema: several }, 30);
  assert.deepEqual(
    vectors,
    inputRows(30)
      .slice(1)
      .map(({ i, s, t }) => ({ i, s, t, d: 0.5 })),
  );
  const rows = await run(passed(user.rowsOfBatch), { mode: 'mapBatches', schema: parts }, 8);
  assert.deepEqual(rows.at(-1), { i: 7n, part: 'ä7', flag: true });
});

test('async functions give the same answers in the same order', async () => {
  assert.deepEqual(
    await run(passed(user.laterDouble), { mode: 'map', schema: twice }, 300),
    inputRows(300).map(user.double),
  );
  assert.deepEqual(
    await run(passed(user.laterOdd), { mode: 'filter' }),
    inputRows().filter((row) => user.isOdd(row)),
  );
  assert.deepEqual(
    await run(passed(user.laterRepeat), { mode: 'flatMap', schema: { i: 'bigint', k: 'integer' } }),
    inputRows().flatMap((row) => [...user.repeat(row)]),
  );
  const rows = await run(passed(user.rowsOfBatch), { mode: 'mapBatches', schema: parts });
  assert.deepEqual(await run(passed(user.laterRows), { mode: 'mapBatches', schema: parts }), rows);
  assert.equal((await run(passed(user.laterParts), { mode: 'mapBatches', schema: parts })).length, rows.length);
});

test('sheaf in a bundle is our own copy', async () => {
  const rows = await run(passed(user.withSheaf), { mode: 'map', schema: { i: 'bigint', same: 'boolean' } }, 2);
  assert.deepEqual(
    rows,
    [0n, 1n].map((i) => ({ i, same: true })),
  );
});

test('apache-arrow in a bundle is our own copy', async () => {
  const [row] = await run(passed(user.isArrowShared), { mode: 'mapBatches', schema: parts }, 1);
  assert.equal(row?.part, 'RecordBatch');
});

const failing = (call: ReturnType<typeof passed>, step: Step, check: (error: SheafError) => void) =>
  assert.rejects(run(call, step), (error: SheafError) => {
    check(error);
    return true;
  });

for (const call of [passed(user.throwing), passed(user.laterThrowing)]) {
  test(`an error tells the row and the user's lines: ${call.fn.name}`, async () => {
    await failing(call, { mode: 'map', schema: twice }, ({ code, message, details }) => {
      assert.equal(code, 'FUNCTION_THREW');
      assert.match(
        message,
        /hrowing \(.*apply\.test\.ts:\d+\) threw for row 5 of batch 0: RangeError: no hour for ää5/,
      );
      assert.ok(String(details?.stack).includes(`at deep (${placeOfText('throw new RangeError(`no')})`));
      assert.match(String(details?.stack), /at throwing /);
      assert.doesNotMatch(String(details?.stack), /worker\/functions\/[a-z]*\.ts|eval|sheaf-function/i);
      assert.equal(details?.row, 5);
      assert.match(String(details?.values), /\{ i: 5n, n: 5, d: null, s: 'ää5', t: 1970-01-01T00:00:05\.000Z \}/);
    });
  });
}

test('the stack of a function in place has its own lines and columns', async () => {
  const call = passed((row: { readonly i: bigint }): void => {
    throw new Error(`here: ${row.i satisfies unknown}`);
  });
  await failing(call, { mode: 'map', schema: twice }, ({ details }) => {
    const { line } = call.site;
    assert.match(String(details?.stack), new RegExp(`apply\\.test\\.ts:${line + 1}:11\\)?$`));
  });
});

test('an error on a batch tells the batch and its first row', async () => {
  await failing(passed(user.throwingBatch), { mode: 'mapBatches', schema: twice }, ({ code, details }) => {
    assert.equal(code, 'FUNCTION_THREW');
    assert.equal(details?.batch, 0);
    assert.match(String(details?.firstRow), /i: 0n/);
  });
});

test('long values are cut', async () => {
  const long = (row: { readonly s: string }) => {
    throw new Error(row.s.slice(0, 3));
  };
  const { step, loaded } = await prepare(passed(long), { mode: 'map', schema: twice });
  using query = connection.query("SELECT repeat('x', 100000) AS s, [1, 2] AS l");
  const applied = applyFunction(step, loaded, [...query], query.schema, { ...config, functionErrorCharsMax: 300 });
  assert.throws(
    () => [...applied.batches],
    (error: SheafError) => {
      assert.ok(String(error.details?.values).length < 310);
      assert.match(String(error.details?.values), /^\{ s: 'x{20,}.*l: \[ 1, 2 \] \}$/);
      return true;
    },
  );
});

test('wrong results name the column, the type and the value', async () => {
  await failing(passed(user.wrongType), { mode: 'map', schema: twice }, (error) => {
    assert.equal(error.code, 'FUNCTION_RESULT');
    assert.match(error.message, /wrongType .* returned 'three' for column twice for row 3 of batch 0; expected double/);
  });
  await failing(passed(user.promising), { mode: 'map', schema: twice }, (error) => {
    assert.match(error.next ?? '', /async/);
  });
  await failing(passed(user.noBoolean), { mode: 'filter' }, (error) => {
    assert.match(error.message, /returned '0' for row 1|returned null|returned 'ä1' for row 1/);
  });
  await failing(passed(user.double), { mode: 'map', schema: { ...twice, z: 'integer' } }, (error) => {
    assert.match(error.message, /column z/);
  });
  const narrow = { i: 'tinyint', part: 'varchar', flag: 'boolean' };
  for (const call of [passed(user.columns), passed(user.rowsOfBatch), passed(user.table)]) {
    await failing(call, { mode: 'mapBatches', schema: narrow }, (error) => {
      assert.equal(error.code, 'FUNCTION_RESULT');
      assert.match(
        error.message,
        /returned 128n? for column i in row 128 of its result for batch 0 of 2048 rows; expected tinyint/,
      );
    });
  }
  await failing(passed(user.columns), { mode: 'mapBatches', schema: twice }, (error) => {
    assert.equal(error.code, 'FUNCTION_RESULT');
    assert.match(error.message, /twice/);
  });
});

test('a column that is not there is named before anything runs', async () => {
  await failing(passed(user.misspelt), { mode: 'map', schema: twice }, (error) => {
    assert.equal(error.code, 'COLUMN_UNKNOWN');
    assert.match(error.message, /dealy/);
  });
});

test('a function is loaded once, and a damaged bundle not at all', async () => {
  const step: Step = { mode: 'map', schema: twice };
  const [first, second] = [await prepare(passed(user.counting), step), await prepare(passed(user.counting), step)];
  assert.equal(first.loaded.call, second.loaded.call);
  const path = join(folder, 'damaged');
  writeFileSync(path, 'export default () => 1;');
  await assert.rejects(loadFunction({ ...first.step.bundle, sha256: '0'.repeat(64) }, path), { code: 'FILE_CORRUPT' });
});
