import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Int32, Table, Utf8, vectorFromArray } from 'apache-arrow';
import { connect } from '../../../../client/index.ts';
import { fromRecordBatch } from '../../../../shared/arrow/from-record-batch.ts';
import { encodeSchema } from '../../../../shared/arrow/ipc.ts';
import { loadConfig } from '../../../../shared/config/config.ts';
import { InlineWriter } from '../../../../shared/exchange/inline-rows.ts';
import { ExchangeWriter } from '../../../../shared/exchange/writer.ts';
import { startFlightServer } from '../../../../shared/flight/server.ts';
import { FileSource } from '../../../../shared/flight/source.ts';
import { jobId, stageId, workerId } from '../../../../shared/ids.ts';
import type { ExchangePart } from '../../../../shared/stage/exchange-part.ts';
import { fakeJobs, jobInfo, jobUpdate } from '../../../support/cluster/fake-jobs.ts';

const config = loadConfig({}, { fetchBackoffMs: 1, watchRetryMs: 10 });
const job = jobId('job-1');
const stage = stageId(0);

/** Rows of one task: numbers and texts, some of them null. */
const rowsOf = (task: number, rows: number) =>
  Array.from({ length: rows }, (_, row) => ({ n: task * rows + row, s: row % 3 === 0 ? null : `text ${row}` }));

const tableOf = (rows: readonly { readonly n: number; readonly s: string | null }[]): Table =>
  new Table({
    n: vectorFromArray(
      rows.map(({ n }) => n),
      new Int32(),
    ),
    s: vectorFromArray(
      rows.map(({ s }) => s),
      new Utf8(),
    ),
  });

/** A worker's Flight service with the results of some tasks, in several batches each. */
async function worker(name: string, attempt: number, tasks: readonly number[], rows: number) {
  const root = mkdtempSync(join(tmpdir(), 'sheaf-test-'));
  const parts = tasks.map((task) => {
    const table = tableOf(rowsOf(task, rows));
    const owner = { kind: 'attempt', key: { job, stage, task, attempt } } as const;
    using writer = new ExchangeWriter({
      root,
      owner,
      partitions: 1,
      schema: encodeSchema(table.schema),
      limits: config,
    });
    for (let from = 0; from < rows; from += 10) {
      for (const batch of table.slice(from, from + 10).batches) writer.write(0, fromRecordBatch(batch));
    }
    const [size] = writer.commit();
    return {
      stage,
      task,
      attempt,
      partition: 0,
      worker: workerId(name),
      rows: size?.rows ?? 0,
      bytes: size?.bytes ?? 0,
    };
  });
  const server = await startFlightServer({ source: new FileSource(root, 8), config });
  return {
    parts: parts.map((part): ExchangePart => ({ ...part, address: server.address })),
    stop: () => server.close(0),
    async [Symbol.asyncDispose]() {
      await server.close(0);
      rmSync(root, { recursive: true });
    },
  };
}

const schema = [
  { name: 'n', type: 'INTEGER' },
  { name: 's', type: 'VARCHAR' },
];

/** A client of a coordinator whose job's result is what `parts` says when it is asked. */
async function clientOf(parts: () => readonly ExchangePart[], onLost = () => {}) {
  const released: string[] = [];
  const server = await fakeJobs({
    submit: () => ({ job }),
    async *watch() {
      yield jobUpdate(jobInfo('succeeded'), { schema, parts: parts() });
    },
    reportLost: () => {
      onLost();
      return {};
    },
    release: (ref) => {
      released.push(ref.job);
      return {};
    },
  });
  const cluster = await connect(server.address, {
    config: { fetchBackoffMs: 1, watchRetryMs: 10, fetchRetriesMax: 1 },
  });
  return {
    dataset: cluster.sql('select'),
    released,
    close: () => cluster.close(),
    async [Symbol.asyncDispose]() {
      await cluster.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

test('a result comes from several workers, its parts in order, and is released', async () => {
  await using one = await worker('w1', 0, [0, 2], 35);
  await using two = await worker('w2', 0, [1, 3], 35);
  const parts = [...one.parts, ...two.parts].sort((a, b) => a.task - b.task);
  await using client = await clientOf(() => parts);
  const expected = [0, 1, 2, 3].flatMap((task) => rowsOf(task, 35));
  assert.deepEqual(await Array.fromAsync(client.dataset.rows()), expected);
  const table = await client.dataset.collect();
  assert.deepEqual(
    table.toArray().map((row) => row.toJSON()),
    expected,
  );
  await client.close();
  assert.deepEqual(client.released, [job, job]);
});

test('a small result that came with the news is not fetched from anywhere', async () => {
  const table = tableOf(rowsOf(0, 5));
  const writer = new InlineWriter(table.schema, 10_000);
  for (const batch of table.batches) writer.write(fromRecordBatch(batch));
  const inline = writer.rows;
  assert.ok(inline);
  const place = { stage, task: 0, attempt: 0, partition: 0, worker: workerId('w1'), address: '127.0.0.1:1' };
  await using client = await clientOf(() => [{ ...place, rows: 5, bytes: 100, inline }]);
  assert.deepEqual(await Array.fromAsync(client.dataset.rows()), rowsOf(0, 5));
});

test('a result without rows has its columns', async () => {
  await using empty = await worker('w1', 0, [0], 0);
  for (const parts of [[], empty.parts]) {
    await using client = await clientOf(() => parts);
    const table = await client.dataset.collect();
    assert.equal(table.numRows, 0);
    assert.deepEqual(table.schema.fields.map(String), ['n: Int32', 's: Utf8']);
  }
});

test('leaving the loop releases the result', async () => {
  await using one = await worker('w1', 0, [0, 1], 500);
  await using client = await clientOf(() => one.parts);
  for await (const batch of client.dataset.stream()) {
    assert.equal(batch.numRows, 10);
    break;
  }
  await client.close();
  assert.deepEqual(client.released, [job]);
});

test('a worker that dies while its part is read: the part is made elsewhere, and no row comes twice', async () => {
  await using dying = await worker('w1', 0, [0, 1], 2000);
  await using heir = await worker('w2', 1, [0, 1], 2000);
  let parts = dying.parts;
  await using client = await clientOf(
    () => parts,
    () => {
      parts = heir.parts;
    },
  );
  const numbers: unknown[] = [];
  for await (const { n } of client.dataset.rows()) {
    numbers.push(n);
    if (numbers.length === 25) await dying.stop();
  }
  assert.deepEqual(
    numbers,
    Array.from({ length: 4000 }, (_, number) => number),
  );
});
