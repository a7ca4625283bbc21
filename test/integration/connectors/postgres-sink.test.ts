import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresSink } from '../../../connectors/postgres/sink/sink.ts';
import { Load } from '../../support/connectors/loads.ts';
import { postgresTests } from '../../support/connectors/postgres-tests.ts';

const { lab, parse, rowsOf, leftovers, load } = postgresTests();

test('a load stands in the ledger with its cursors, and happens once however often it is committed', async () => {
  const { loading, receipts, committed } = await load(
    { table: 'public.once', mode: 'append' },
    'once-1',
    'SELECT 1 AS id',
    'SELECT 2 AS id',
    'SELECT 3 AS id WHERE false',
  );
  assert.deepEqual([committed.rows, committed.already], [2, false]);
  assert.deepEqual(await loading.commit(receipts, { source: 'other' }), { ...committed, already: true });
  assert.deepEqual(await rowsOf('SELECT id FROM once ORDER BY id'), [{ id: 1 }, { id: 2 }]);
  const [entry] = await rowsOf(
    "SELECT run, pipeline, output, rows::int, cursors FROM sheaf_ledger WHERE run = 'once-1'",
  );
  assert.deepEqual(entry, {
    run: 'once-1',
    pipeline: 'tested',
    output: 'rows',
    rows: 2,
    cursors: { source: 'once-1' },
  });
  assert.deepEqual(await leftovers(), []);
});

test('two that commit the same load at once: one does it', async () => {
  const rows = lab.select('SELECT i AS id FROM range(1000) t(i)');
  const loading = new Load(postgresSink, parse({ table: 'raced', mode: 'append' }), lab, 'raced-1', rows.columns);
  const receipts = [await loading.write(rows)];
  const answers = await Promise.all([1, 2, 3].map(() => loading.commit(receipts)));
  assert.deepEqual(answers.map(({ already }) => already).sort(), [false, true, true]);
  assert.deepEqual(
    answers.map(({ rows: loaded }) => loaded),
    [1000, 1000, 1000],
  );
  assert.deepEqual(await rowsOf('SELECT count(*)::int AS n FROM raced'), [{ n: 1000 }]);
});

test('nothing is seen before the commit, and nothing stays of attempts that were not chosen', async () => {
  const rows = lab.select('SELECT 1 AS id');
  const loading = new Load(postgresSink, parse({ table: 'hidden', mode: 'append' }), lab, 'hidden-1', rows.columns);
  const lost = await loading.write(rows);
  const chosen = await loading.write(lab.select('SELECT 2 AS id'));
  assert.deepEqual(await rowsOf("SELECT to_regclass('hidden') AS there"), [{ there: null }]);
  assert.equal((await leftovers()).length, 2);
  await assert.rejects(
    loading.commit([chosen], {}, () => {
      throw new Error('leads no longer');
    }),
    /leads no longer/,
  );
  assert.deepEqual(await rowsOf("SELECT to_regclass('hidden') AS there"), [{ there: null }]);
  await loading.commit([chosen]);
  await loading.clean();
  await loading.clean();
  assert.deepEqual(await rowsOf('SELECT id FROM hidden'), [{ id: 2 }]);
  assert.deepEqual(await leftovers(), []);
  assert.ok(lost.rows === 1);
});

test('what other runs left is dropped when it is old, not before', async () => {
  const rows = lab.select('SELECT 1 AS id');
  const loading = new Load(postgresSink, parse({ table: 'aged', mode: 'append' }), lab, 'aged-1', rows.columns);
  await loading.write(rows);
  const other = { ...loading.context, run: 'aged-2' };
  await loading.clean(other);
  assert.equal((await leftovers()).length, 1);
  await rowsOf(`DO $$ DECLARE t text; BEGIN SELECT relname INTO t FROM pg_class WHERE relname LIKE 'sheaf\\_stage%';
    EXECUTE format('ALTER TABLE %I RENAME TO %I', t, regexp_replace(t, '_[0-9]{9,}_', '_1600000000_')); END $$`);
  await loading.clean(other);
  assert.deepEqual(await leftovers(), []);
});

test('replace keeps the table, its index, its grants and what refers to it', async () => {
  await rowsOf(`
    CREATE ROLE reader; CREATE TABLE replaced (id bigint PRIMARY KEY, v text DEFAULT 'none'); GRANT SELECT ON replaced TO reader;
    CREATE VIEW on_replaced AS SELECT count(*)::int AS n FROM replaced; INSERT INTO replaced VALUES (1), (2)`);
  for (const direct of [false, true]) {
    const run = `replace-${direct}`;
    const { committed } = await load(
      { table: 'replaced', mode: 'replace', direct },
      run,
      'SELECT i AS id FROM range(10, 15) t(i)',
    );
    assert.equal(committed.rows, 5);
    assert.deepEqual(await rowsOf('SELECT n FROM on_replaced'), [{ n: 5 }]);
  }
  assert.deepEqual(
    await rowsOf("SELECT DISTINCT v, has_table_privilege('reader', 'replaced', 'SELECT') AS may FROM replaced"),
    [{ v: 'none', may: true }],
  );
  await rowsOf('CREATE TABLE child (parent bigint REFERENCES replaced)');
  await load({ table: 'replaced', mode: 'replace' }, 'replace-3', 'SELECT 7::BIGINT AS id');
  await rowsOf('INSERT INTO child VALUES (7)');
  await assert.rejects(load({ table: 'replaced', mode: 'replace' }, 'replace-4', 'SELECT 8::BIGINT AS id'), {
    code: 'SINK_FAILED',
    retryable: false,
    message: /constraint child_parent_fkey/,
  });
  assert.deepEqual(await rowsOf('SELECT id::int FROM replaced'), [{ id: 7 }]);
});

test('merge: the newest of a key wins, in the load and against the table; with and without an index', async () => {
  await rowsOf('CREATE TABLE unindexed (id integer, at integer, v text)');
  for (const table of ['indexed', 'unindexed']) {
    const options = { table, mode: 'merge', key: ['id'], orderBy: 'at' };
    const rows = (values: string) => `SELECT * FROM (VALUES ${values}) t(id, "at", v)`;
    const first = await load(
      options,
      `${table}-1`,
      rows("(1, 5, 'a'), (2, 5, 'b'), (1, 9, 'newest'), (3, NULL, 'n')"),
      rows("(2, 5, 'later task'), (1, 7, 'c')"),
    );
    assert.equal(first.committed.rows, 3);
    await load(
      options,
      `${table}-2`,
      rows("(1, 8, 'older than the table'), (2, 6, 'newer'), (3, 1, 'set'), (4, 1, 'new')"),
    );
    assert.deepEqual(await rowsOf(`SELECT * FROM ${table} ORDER BY id`), [
      { id: 1, at: 9, v: 'newest' },
      { id: 2, at: 6, v: 'newer' },
      { id: 3, at: 1, v: 'set' },
      { id: 4, at: 1, v: 'new' },
    ]);
    await assert.rejects(load(options, `${table}-3`, rows("(NULL, 8, 'x')")), {
      code: 'SINK_FAILED',
      message: /null in the key/,
    });
  }
});

test('merge without an order: the last row that came wins; columns that do not come stay', async () => {
  await rowsOf(
    `CREATE TABLE parts ("Id" text PRIMARY KEY, v integer, mine text); INSERT INTO parts VALUES ('a', 0, 'kept')`,
  );
  const { committed } = await load(
    { table: 'parts', mode: 'merge', key: ['id'] },
    'parts-1',
    "SELECT * FROM (VALUES ('a', 1), ('b', 2), ('a', 3)) t(id, v)",
    "SELECT 'b' AS id, 4 AS v",
  );
  assert.equal(committed.rows, 2);
  assert.deepEqual(await rowsOf('SELECT * FROM parts ORDER BY 1'), [
    { Id: 'a', v: 3, mine: 'kept' },
    { Id: 'b', v: 4, mine: null },
  ]);
});

test('direct: an attempt that is alone loads in one step, and a second one finds it done', async () => {
  const before = await leftovers();
  const rows = () => lab.select('SELECT i AS id, i::VARCHAR AS t FROM range(100000) t(i)');
  const loading = new Load(
    postgresSink,
    parse({ table: 'straight', mode: 'append', direct: true }),
    lab,
    'direct-1',
    rows().columns,
  );
  const receipt = await loading.write(rows(), { alone: true });
  assert.deepEqual(await rowsOf('SELECT count(*)::int AS n FROM straight'), [{ n: 100_000 }]);
  assert.deepEqual(await loading.write(rows(), { alone: true }), receipt);
  const committed = await loading.commit([receipt], { source: 'end' });
  assert.deepEqual([committed.rows, committed.already], [100_000, true]);
  assert.deepEqual(await rowsOf("SELECT cursors FROM sheaf_ledger WHERE run = 'direct-1'"), [
    { cursors: { source: 'end' } },
  ]);
  assert.deepEqual(await rowsOf('SELECT count(*)::int AS n FROM straight'), [{ n: 100_000 }]);
  assert.deepEqual(await leftovers(), before);
});

test('names with odd letters, and reserved words, are quoted everywhere', async () => {
  await rowsOf('CREATE SCHEMA "my ""own"" schema"');
  const options = { table: '"my ""own"" schema"."sel;ect"', mode: 'merge', key: ['order "by"'] };
  for (const run of ['odd-1', 'odd-2']) {
    await load(options, run, `SELECT 1 AS "order ""by""", 'x''; DROP TABLE once; --' AS "from", 2 AS "Ünï"`);
  }
  assert.deepEqual(await rowsOf('SELECT * FROM "my ""own"" schema"."sel;ect"'), [
    { 'order "by"': 1, from: "x'; DROP TABLE once; --", Ünï: 2 },
  ]);
});
