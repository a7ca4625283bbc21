import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { Field, Int64, Schema } from 'apache-arrow';
import type { Batch } from '../../shared/arrow/batch.ts';
import { layoutsOf } from '../../shared/arrow/layout.ts';
import { sliceBatch } from '../../shared/arrow/slice.ts';
import { Connection } from '../../shared/duckdb/connection.ts';
import { Database } from '../../shared/duckdb/database.ts';
import { bytesHeld } from '../../shared/duckdb/input/holds.ts';
import type { Input } from '../../shared/duckdb/input/input.ts';
import { everyTypeSql } from '../unit/shared/duckdb/every-type.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const directory = mkdtempSync(join(tmpdir(), 'sheaf-kernel-'));
const database = Database.open({ memoryLimitBytes: 2 ** 29, tempDirectory: join(directory, 'spill') });
const connection = Connection.open(database.address);
const other = Connection.open(database.address);
after(() => {
  other[Symbol.dispose]();
  connection[Symbol.dispose]();
  database[Symbol.dispose]();
  rmSync(directory, { recursive: true, force: true });
});

const residentMiB = (): number => process.memoryUsage.rss() / 2 ** 20;

test('10,000 queries with inputs, collected in between, leave memory flat', () => {
  using source = other.query("SELECT i, 'text number ' || i AS s, [i, NULL] AS l FROM range(3000) t(i)");
  const batches = [...source];
  const run = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const given: Input = { schema: source.schema, open: () => batches[Symbol.iterator]() };
      using query = connection.query('SELECT max(s) AS m, sum(l[1]) AS n FROM given', { inputs: { given } });
      assert.equal([...query][0]?.rows, 1);
      if (i % 100 === 0) collect();
    }
  };
  run(2000);
  const before = residentMiB();
  run(8000);
  const grown = residentMiB() - before;
  assert.ok(grown < 40, `grew by ${grown.toFixed(1)} MiB`);
  assert.equal(bytesHeld(), 0);
});

test('buffers that DuckDB looks at are not collected: fresh batches, garbage collected and overwritten at every one', () => {
  connection.execute(`CREATE TABLE expected AS ${everyTypeSql(3000)}`);
  using source = other.query(everyTypeSql(3000));
  const [whole] = [...source] as [Batch];
  const layouts = layoutsOf(source.schema.fields);
  const cut = (rows: number): Input => ({
    schema: source.schema,
    *open() {
      for (let from = 0; from < 3000; from += rows) {
        const slice = sliceBatch(layouts, whole, from, Math.min(rows, 3000 - from));
        yield { ...slice, buffers: slice.buffers.map(fresh) };
        collect();
        litter = Array.from({ length: 200 }, (_, i) => Buffer.alloc(64 * (1 + (i % 20)), 0xa5));
      }
    },
  });
  const names = source.schema.names.map((name) => `"${String(name)}"`).join(', ');
  const through = `SELECT ${names} FROM (SELECT *, row_number() OVER (ORDER BY bigint, varchar, uuid) AS place FROM given) ORDER BY place`;
  // A positional join keeps a chunk of one side while it asks the other side for several.
  const beside = `SELECT ${source.schema.names.map((name) => `a."${String(name)}"`).join(', ')} FROM given a POSITIONAL JOIN more b`;
  for (const sql of [through, beside]) {
    connection.execute(`CREATE OR REPLACE TABLE through AS ${sql}`, { inputs: { given: cut(130), more: cut(70) } });
    const [row] = connection.rows('SELECT count(*) AS n FROM (FROM expected EXCEPT ALL FROM through)');
    assert.deepEqual(row, { n: 0 }, sql);
  }
  assert.ok(litter.length > 0);
});

let litter: Buffer[] = [];

/** A copy in memory of its own. */
const fresh = (buffer: Uint8Array): Uint8Array => new Uint8Array(Uint8Array.from(buffer).buffer);

test('a batch lives while DuckDB looks at it, and no longer', () => {
  const rows = 2 ** 20;
  const schema = new Schema([new Field('i', new Int64(), true)]);
  const arrayBuffers = (): number => {
    for (let i = 0; i < 3; i++) collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = arrayBuffers();
  const seen: number[] = [];
  const given: Input = {
    schema,
    *open() {
      for (let i = 0; i < 4; i++) {
        yield { rows, nodes: [{ length: rows, nullCount: 0 }], buffers: [new Uint8Array(0), new Uint8Array(8 * rows)] };
        seen.push((arrayBuffers() - before) / (8 * rows));
      }
    },
  };
  connection.execute('CREATE OR REPLACE TABLE total AS SELECT sum(i) AS s FROM given', { inputs: { given } });
  // At each pull DuckDB still refers to the last window of the batch before, and to none earlier.
  assert.deepEqual(seen.map(Math.round), [1, 1, 1, 1]);
  assert.ok(arrayBuffers() - before < rows);
});

test('100,000 batches of one row', () => {
  using source = other.query("SELECT i, 'row ' || i AS s FROM range(100000) t(i)", {
    batchRowsMax: 2 ** 20,
    batchBytesMax: 2 ** 30,
  });
  const [whole] = [...source] as [Batch];
  const layouts = layoutsOf(source.schema.fields);
  const given: Input = {
    schema: source.schema,
    *open() {
      for (let row = 0; row < whole.rows; row++) yield sliceBatch(layouts, whole, row, 1);
    },
  };
  connection.execute('CREATE TABLE small AS SELECT count(*) AS n, count(DISTINCT s) AS s, sum(i) AS t FROM given', {
    inputs: { given },
  });
  assert.deepEqual(connection.rows('SELECT n, s, t::BIGINT AS t FROM small'), [
    { n: 100_000, s: 100_000, t: 4_999_950_000 },
  ]);
  assert.equal(bytesHeld(), 0);
});

test('all threads at once on one database see what one sees alone', { timeout: 60_000 }, async () => {
  const threads = 4;
  const seen = await Promise.all(
    Array.from({ length: threads }, async () => {
      const worker = new Worker(new URL('./kernel-thread.ts', import.meta.url), {
        workerData: { database: database.address, rounds: 6 },
      });
      const exited = once(worker, 'exit'); // Its last message and its end may come in one turn.
      const [hashes] = (await once(worker, 'message')) as [string[]];
      await exited;
      return hashes;
    }),
  );
  const expected = Array.from({ length: 6 }, (_, round) => {
    const [row] = connection.rows(`SELECT bit_xor(hash(t))::VARCHAR AS h FROM (${everyTypeSql(2500, round * 2500)}) t`);
    return String(row?.h);
  });
  for (const hashes of seen) assert.deepEqual(hashes, expected);
});

test('threads come and go without leaving callbacks behind', { timeout: 60_000 }, async () => {
  for (let i = 0; i < 12; i++) {
    const worker = new Worker(new URL('./kernel-thread.ts', import.meta.url), {
      workerData: { database: database.address, rounds: 1 },
    });
    const [code] = await once(worker, 'exit');
    assert.equal(code, 0);
  }
});

test('an input that throws in the middle of COPY leaves no file', () => {
  const file = join(directory, 'half.parquet');
  using source = other.query('SELECT i FROM range(300000) t(i)');
  const given: Input = {
    schema: source.schema,
    *open() {
      yield* source;
      throw new Error('torn off');
    },
  };
  assert.throws(() => connection.execute(`COPY (FROM given) TO '${file}' (FORMAT parquet)`, { inputs: { given } }), {
    code: 'INTERNAL',
    message: /torn off/,
  });
  assert.equal(existsSync(file), false);
});

test('a sort larger than the memory limit spills, and refuses to where it may not', () => {
  const spill = join(directory, 'spill-small');
  using small = Database.open({ memoryLimitBytes: 100 * 2 ** 20, tempDirectory: spill });
  using sorting = Connection.open(small.address);
  let spilled = 0;
  using query = sorting.query(
    "SELECT hash(i) AS h, 'some longer text, so that rows weigh something ' || i AS s FROM range(4000000) t(i) ORDER BY h",
  );
  let rows = 0;
  for (const batch of query) {
    if (rows === 0) spilled = readdirSync(spill).length;
    rows += batch.rows;
  }
  assert.equal(rows, 4_000_000);
  assert.ok(spilled > 0, 'no file in the spill directory');

  using tight = Database.open({
    memoryLimitBytes: 100 * 2 ** 20,
    tempDirectory: join(directory, 'spill-tight'),
    maxTempBytes: 2 ** 20,
  });
  using refused = Connection.open(tight.address);
  using never = refused.query(
    "SELECT hash(i) AS h, 'some longer text, so that rows weigh something ' || i AS s FROM range(4000000) t(i) ORDER BY h",
  );
  assert.throws(() => [...never], { code: 'DISK_FULL', retryable: true });
  assert.deepEqual(refused.rows('SELECT 1 AS alive'), [{ alive: 1 }]);
});
