import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pour } from '../../../connectors/postgres/sink/pour.ts';
import { postgresTypeOf } from '../../../connectors/postgres/types/to-postgres.ts';
import { redshiftSinkWith } from '../../../connectors/redshift/sink.ts';
import { stageTable } from '../../../connectors/redshift/sql.ts';
import type { Json } from '../../../shared/json.ts';
import { Load } from '../../support/connectors/loads.ts';
import { postgresTests } from '../../support/connectors/postgres-tests.ts';

/**
 * The transaction of the Redshift sink, on PostgreSQL: the statements are common to both, but for COPY. In its place
 * the files that the manifest names, and no others, are read by DuckDB and sent.
 */
const { lab, rowsOf, server } = postgresTests();
const folder = join(lab.folder, 's3');
const put = (name: string, write: (path: string) => void): Promise<string> => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  write(path);
  return Promise.resolve(path);
};

const sink = redshiftSinkWith({
  staging: async () => ({
    putFile: (name, file) => put(name, (path) => copyFileSync(file, path)),
    putText: (name, text) => put(name, (path) => writeFileSync(path, text)),
    remove: async (prefix) => rmSync(join(folder, prefix), { recursive: true, force: true }),
  }),
  async copy(session, manifest) {
    const { entries } = JSON.parse(readFileSync(manifest, 'utf8')) as {
      entries: { url: string; meta: { content_length: number } }[];
    };
    for (const { url, meta } of entries) {
      assert.equal(readFileSync(url).length, meta.content_length);
      const rows = lab.select(`SELECT * FROM '${url}'`);
      const columns = rows.columns.map(({ name, type }) => ({ name, type: postgresTypeOf(type) }));
      await pour(
        session,
        stageTable,
        columns.map(({ name }) => name),
        columns,
        { ...rows, chunkBytes: 65_536, freeze: false },
      );
    }
  },
});

async function load(options: Record<string, Json>, run: string, ...selects: readonly string[]) {
  const { port, password } = server();
  const connection = { host: '127.0.0.1', port, database: 'postgres', user: 'postgres', password, sslmode: 'disable' };
  const parsed = sink.parse({ connection, stage: 's3://bucket/prefix', iamRole: 'default', ...options });
  const tasks = selects.map((sql) => lab.select(sql));
  const loading = new Load(sink, parsed, lab, run, tasks[0]?.columns ?? []);
  await loading.prepare();
  const receipts = [];
  for (const rows of tasks) receipts.push(await loading.write(rows));
  return { loading, receipts, committed: await loading.commit(receipts, { source: run }) };
}

test('append: once, with its entry, and the staged files go', async () => {
  const { loading, receipts, committed } = await load(
    { table: 'visits', mode: 'append' },
    'append-1',
    "SELECT 1 AS id, TIMESTAMPTZ '2024-06-01 12:00:00+02' AS at, TIME '01:02:03' AS tm, 1.25::DECIMAL(9,2) AS price, ['a'] AS tags, 'b7f1cd5a-0c9e-4b1a-9d53-7a3c5f1e2d4c'::UUID AS u, 7::UTINYINT AS tiny",
    'SELECT 2 AS id, NULL::TIMESTAMPTZ AS at, NULL::TIME AS tm, NULL::DECIMAL(9,2) AS price, NULL::VARCHAR[] AS tags, NULL::UUID AS u, NULL::UTINYINT AS tiny',
  );
  assert.deepEqual([committed.rows, committed.already], [2, false]);
  assert.deepEqual(await loading.commit(receipts), { ...committed, already: true });
  assert.deepEqual(await rowsOf('SELECT id, at::text, tm::text, price::text, tags, u, tiny FROM visits ORDER BY id'), [
    {
      id: 1,
      at: '2024-06-01 10:00:00+00',
      tm: '01:02:03',
      price: '1.25',
      tags: '["a"]',
      u: 'b7f1cd5a-0c9e-4b1a-9d53-7a3c5f1e2d4c',
      tiny: 7,
    },
    { id: 2, at: null, tm: null, price: null, tags: null, u: null, tiny: null },
  ]);
  assert.deepEqual(await rowsOf('SELECT run, rows::int AS n, cursors FROM sheaf_ledger'), [
    { run: 'append-1', n: 2, cursors: '{"source":"append-1"}' },
  ]);
  assert.ok(existsSync(join(folder, 'append-1')));
  await loading.clean();
  assert.ok(!existsSync(join(folder, 'append-1', 'rows')));
});

test('replace, merge with the newest, and loads of one run at once', async () => {
  await load({ table: 'r', mode: 'replace' }, 'r-1', 'SELECT i AS id FROM range(10) t(i)');
  await load({ table: 'r', mode: 'replace' }, 'r-2', 'SELECT i AS id FROM range(20, 22) t(i)');
  assert.deepEqual(await rowsOf('SELECT id::int FROM r ORDER BY 1'), [{ id: 20 }, { id: 21 }]);
  const merge = { table: 'm', mode: 'merge', key: ['id'], orderBy: 'seen' };
  const rows = (values: string) => `SELECT * FROM (VALUES ${values}) t(id, seen, v)`;
  const first = await load(
    merge,
    'm-1',
    rows("(1, 5, 'a'), (2, 5, 'b'), (1, 9, 'newest'), (3, NULL, 'n')"),
    rows("(2, 5, 'later'), (1, 7, 'c')"),
  );
  assert.equal(first.committed.rows, 3);
  const rowsNow = lab.select(rows("(1, 8, 'older than the table'), (2, 6, 'newer'), (3, 1, 'set'), (4, 1, 'new')"));
  const second = await load(merge, 'm-2', rows("(9, 1, 'x')"));
  assert.equal(second.committed.rows, 1);
  const third = new Load(
    sink,
    sink.parse({ ...merge, connection: { ...parts(), sslmode: 'disable' }, stage: 's3://b/p', iamRole: 'default' }),
    lab,
    'm-3',
    rowsNow.columns,
  );
  const receipts = [await third.write(rowsNow)];
  const answers = await Promise.all([third.commit(receipts), third.commit(receipts)]);
  assert.deepEqual(answers.map(({ already }) => already).sort(), [false, true]);
  assert.deepEqual(await rowsOf('SELECT * FROM m ORDER BY id'), [
    { id: 1, seen: 9, v: 'newest' },
    { id: 2, seen: 6, v: 'newer' },
    { id: 3, seen: 1, v: 'set' },
    { id: 4, seen: 1, v: 'new' },
    { id: 9, seen: 1, v: 'x' },
  ]);
});

const parts = () => ({
  host: '127.0.0.1',
  port: server().port,
  database: 'postgres',
  user: 'postgres',
  password: server().password,
});

test('columns are added or refused; a lost leader and null keys load nothing', async () => {
  await rowsOf('CREATE TABLE c (id integer NOT NULL, v varchar(3))');
  const { committed } = await load({ table: 'c', mode: 'append' }, 'c-1', "SELECT 1 AS id, 'abc' AS v, 2.5 AS more");
  assert.deepEqual((committed.detail as { changes: string[] }).changes, ['added more numeric(2,1)']);
  await assert.rejects(load({ table: 'c', mode: 'append', contract: 'freeze' }, 'c-2', 'SELECT 1 AS id, 1 AS other'), {
    code: 'SCHEMA_MISMATCH',
    message: /other comes as integer/,
  });
  await assert.rejects(load({ table: 'c', mode: 'append' }, 'c-3', "SELECT 1 AS id, 'abcdef' AS v"), {
    code: 'SINK_FAILED',
    message: /a value does not fit/,
  });
  await assert.rejects(load({ table: 'c', mode: 'append' }, 'c-4', "SELECT 'x' AS v"), {
    code: 'SCHEMA_MISMATCH',
    message: /column id must have a value/,
  });
  await assert.rejects(load({ table: 'k', mode: 'merge', key: ['id'] }, 'c-5', 'SELECT NULL::INTEGER AS id, 1 AS v'), {
    code: 'SINK_FAILED',
    message: /null in the key/,
  });
  assert.deepEqual(await rowsOf('SELECT count(*)::int AS n FROM c'), [{ n: 1 }]);
});
