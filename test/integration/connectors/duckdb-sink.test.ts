import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { duckdbSink } from '../../../connectors/duckdb/sink.ts';
import type { Json } from '../../../shared/json.ts';
import type { Schema } from '../../../shared/schema.ts';
import { ConnectorLab } from '../../support/connectors/connectors.ts';
import { Load } from '../../support/connectors/loads.ts';

const lab = new ConnectorLab();
after(() => lab[Symbol.dispose]());
const fileOf = (name: string) => join(lab.folder, `${name}.duckdb`);

const loadOf = (options: Record<string, Json>, run: string, columns: Schema) =>
  new Load(duckdbSink, duckdbSink.parse(options), lab, run, columns);

async function load(options: Record<string, Json>, run: string, ...selects: readonly string[]) {
  const tasks = selects.map((sql) => lab.select(sql));
  const loading = loadOf(options, run, tasks[0]?.columns ?? []);
  await loading.prepare();
  const receipts = [];
  for (const rows of tasks) receipts.push(await loading.write(rows));
  return { loading, receipts, committed: await loading.commit(receipts, { source: run }) };
}

/** Rows of the file, read by another connection between loads. */
function rowsOf(file: string, sql: string): Record<string, unknown>[] {
  lab.execute(`ATTACH '${file}' AS read (READ_ONLY)`);
  try {
    return lab.rows(sql);
  } finally {
    lab.execute('DETACH read');
  }
}

test('append happens once, with cursors in the ledger and nothing left beside the file', async () => {
  const path = fileOf('append');
  const options = { path, table: 'events', mode: 'append' };
  const { loading, receipts, committed } = await load(
    options,
    'run-1',
    "SELECT 1 AS id, ['a', NULL] AS tags",
    'SELECT 2 AS id, NULL AS tags',
    'SELECT 3 AS id, NULL AS tags WHERE false',
  );
  assert.deepEqual([committed.rows, committed.already], [2, false]);
  assert.deepEqual(await loading.commit(receipts, {}), { ...committed, already: true });
  await loading.clean();
  assert.ok(!existsSync(`${path}.staging`));
  assert.deepEqual(rowsOf(path, 'SELECT id, tags::VARCHAR AS tags FROM read.events ORDER BY id'), [
    { id: 1, tags: '[a, NULL]' },
    { id: 2, tags: null },
  ]);
  assert.deepEqual(
    rowsOf(path, 'SELECT run, pipeline, "rows"::INTEGER AS n, cursors::VARCHAR AS cursors FROM read.sheaf_ledger'),
    [{ run: 'run-1', pipeline: 'tested', n: 2, cursors: '{"source":"run-1"}' }],
  );
});

test('nothing is loaded without leadership, or twice by two at once', async () => {
  const path = fileOf('once');
  const rows = lab.select('SELECT i AS id FROM range(1000) t(i)');
  const loading = loadOf({ path, table: 'main.once', mode: 'append' }, 'run-1', rows.columns);
  const receipts = [await loading.write(rows)];
  await assert.rejects(
    loading.commit(receipts, {}, () => {
      throw new Error('leads no longer');
    }),
    /leads no longer/,
  );
  const answers = await Promise.all([loading.commit(receipts), loading.commit(receipts)]);
  assert.deepEqual(answers.map(({ already }) => already).sort(), [false, true]);
  assert.deepEqual(rowsOf(path, 'SELECT count(*)::INTEGER AS n FROM read.once'), [{ n: 1000 }]);
});

test('replace keeps the table; merge takes the newest of a key', async () => {
  const path = fileOf('modes');
  const replace = { path, table: 'r', mode: 'replace' };
  await load(replace, 'r-1', 'SELECT i AS id FROM range(10) t(i)');
  await load(replace, 'r-2', 'SELECT i AS id FROM range(20, 23) t(i)');
  assert.deepEqual(rowsOf(path, 'SELECT id::INTEGER AS id FROM read.r ORDER BY 1'), [
    { id: 20 },
    { id: 21 },
    { id: 22 },
  ]);
  const merge = { path, table: 'm', mode: 'merge', key: ['id'], orderBy: 'seen' };
  const rows = (values: string) => `SELECT * FROM (VALUES ${values}) t(id, seen, v)`;
  await load(
    merge,
    'm-1',
    rows("(1, 5, 'a'), (2, 5, 'b'), (1, 9, 'newest'), (3, NULL, 'n')"),
    rows("(2, 5, 'later task'), (1, 7, 'c')"),
  );
  await load(merge, 'm-2', rows("(1, 8, 'older than the table'), (2, 6, 'newer'), (3, 1, 'set'), (4, 1, 'new')"));
  assert.deepEqual(rowsOf(path, 'SELECT * FROM read.m ORDER BY id'), [
    { id: 1, seen: 9, v: 'newest' },
    { id: 2, seen: 6, v: 'newer' },
    { id: 3, seen: 1, v: 'set' },
    { id: 4, seen: 1, v: 'new' },
  ]);
  await assert.rejects(load(merge, 'm-3', rows("(NULL, 8, 'x')")), {
    code: 'SINK_FAILED',
    message: /1 rows for m have null in the key/,
  });
});

test('contracts: evolve widens and adds, freeze refuses, reject keeps what does not fit', async () => {
  const path = fileOf('contracts');
  await load({ path, table: 't', mode: 'append' }, 'c-1', "SELECT 1::SMALLINT AS id, 'a' AS v");
  const { committed } = await load({ path, table: 't', mode: 'append' }, 'c-2', 'SELECT 70000 AS id, 1.5 AS fresh');
  assert.deepEqual((committed.detail as { changes: string[] }).changes, [
    'widened id from SMALLINT to INTEGER',
    'added fresh DECIMAL(2,1)',
  ]);
  const frozen = { path, table: 't', mode: 'append', contract: 'freeze' };
  await assert.rejects(load(frozen, 'c-3', "SELECT 1::BIGINT AS id, 'x' AS other"), {
    code: 'SCHEMA_MISMATCH',
    message: /id comes as BIGINT; the table has INTEGER; column other/,
  });
  const rejecting = { path, table: 't', mode: 'append', contract: 'reject' };
  const rejected = await load(
    rejecting,
    'c-4',
    "SELECT * FROM (VALUES (3000000000, 'big', NULL), (5, 'good', NULL), (6, 'more', 'x')) t(id, v, more)",
  );
  assert.deepEqual([rejected.committed.rows, (rejected.committed.detail as { rejected: number }).rejected], [1, 2]);
  assert.deepEqual(rowsOf(path, 'SELECT reason, row FROM read.sheaf_rejects ORDER BY reason'), [
    { reason: 'column id: the value does not fit INTEGER', row: '{"id":3000000000,"v":"big","more":null}' },
    { reason: 'column more: the table has no such column', row: '{"id":6,"v":"more","more":"x"}' },
  ]);
});

test('a file that another process has open, and one that is no database, are told as what they are', async () => {
  const path = fileOf('locked');
  const database = new URL('../../../shared/duckdb/database.ts', import.meta.url);
  const connection = new URL('../../../shared/duckdb/connection.ts', import.meta.url);
  const program = `
    const { Database } = await import('${database}'); const { Connection } = await import('${connection}');
    const database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: '${lab.folder}/other' });
    Connection.open(database.address).execute("ATTACH '${path}' AS held; CREATE TABLE held.t AS SELECT 1");
    process.stdout.write('open'); process.stdin.resume();`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const options = { path, table: 't', mode: 'append' };
  await assert.rejects(load(options, 'l-1', 'SELECT 1 AS id'), {
    code: 'SINK_FAILED',
    retryable: true,
    message: /open in another process/,
  });
  holder.kill('SIGKILL');
  await once(holder, 'close');
  const garbage = fileOf('garbage');
  writeFileSync(garbage, 'x'.repeat(50_000));
  await assert.rejects(load({ path: garbage, table: 't', mode: 'append' }, 'l-2', 'SELECT 1 AS id'), {
    code: 'SINK_FAILED',
    message: /cannot be opened/,
  });
  await assert.rejects(async () => duckdbSink.parse({ path: 'relative.duckdb', table: 't', mode: 'append' }), {
    code: 'PLAN_INVALID',
    message: /option path/,
  });
});

test('what attempts left is removed by the run’s name', async () => {
  const path = fileOf('left');
  const rows = lab.select('SELECT 1 AS id');
  const loading = loadOf({ path, table: 't', mode: 'append' }, 'left-1', rows.columns);
  await loading.write(rows);
  await loading.write(rows);
  await loading.clean({ ...loading.context, run: 'left-2' });
  assert.equal((await readdir(`${path}.staging`)).length, 2);
  await loading.clean();
  await loading.clean();
  assert.ok(!existsSync(`${path}.staging`));
});
