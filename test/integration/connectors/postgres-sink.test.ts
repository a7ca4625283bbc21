import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { postgresSink } from '../../../connectors/postgres/sink.ts';
import type { Json } from '../../../shared/json.ts';
import { ConnectorLab } from '../../support/connectors.ts';
import { Load } from '../../support/loads.ts';
import { startPostgres, type TestPostgres } from '../../support/servers/postgres.ts';

const lab = new ConnectorLab();
let server: TestPostgres;
before(async () => {
  server = await startPostgres();
});
after(async () => {
  await server.stop();
  lab[Symbol.dispose]();
});

const parse = (options: Record<string, Json>) => postgresSink.parse({ connection: server.url, ...options });

/** One run with a SELECT of DuckDB for each task. */
async function load(options: Record<string, Json>, run: string, ...selects: readonly string[]) {
  const tasks = selects.map((sql) => lab.select(sql));
  const loading = new Load(postgresSink, parse(options), lab, run, tasks[0]?.columns ?? []);
  await loading.prepare();
  const receipts = [];
  for (const rows of tasks) receipts.push(await loading.write(rows, { alone: tasks.length === 1 }));
  const committed = await loading.commit(receipts, { source: run });
  return { loading, receipts, committed };
}

const rowsOf = (sql: string) => server.query(sql);
const leftovers = () => rowsOf("SELECT relname FROM pg_class WHERE relname LIKE 'sheaf\\_stage%'");

const manyTypes = `
  SELECT true AS b, 1::TINYINT AS i1, -2::SMALLINT AS i2, 3::INTEGER AS i4, -9007199254740993::BIGINT AS i8, 255::UTINYINT AS u1,
    4294967295::UINTEGER AS u4, 18446744073709551615::UBIGINT AS u8, 170141183460469231731687303715884105727::HUGEINT AS h,
    1.5::FLOAT AS f4, -2.25e300::DOUBLE AS f8, 12345.678::DECIMAL(9,3) AS d9, -0.05::DECIMAL(18,2) AS d18,
    -12345678901234567890.000100000::DECIMAL(38,9) AS d38, 'naïve' AS t, '\\x00\\xFF'::BLOB AS bytes, DATE '1969-12-31' AS d,
    'infinity'::DATE AS di, TIME '23:59:59.999999' AS tm, '01:02:03+05:30'::TIMETZ AS tz,
    TIMESTAMP '1999-12-31 23:59:59.123456' AS ts, '-infinity'::TIMESTAMP AS tsi, TIMESTAMP_S '2020-01-01 00:00:01' AS tss,
    TIMESTAMP_NS '1960-01-01 00:00:00.123456789' AS tsn, TIMESTAMPTZ '2024-06-01 12:00:00+02' AS tstz,
    INTERVAL '14 months 3 days 4 hours 5 minutes 6.7 seconds' AS iv, 'b7f1cd5a-0c9e-4b1a-9d53-7a3c5f1e2d4c'::UUID AS u,
    '{"a": [1]}'::JSON AS j, 'happy'::ENUM('sad', 'happy') AS m, '0101'::BIT AS bits, [1, NULL, 3] AS ints, ['a', 'b,c'] AS texts,
    [1.5, -2.25]::DECIMAL(5,2)[] AS decimals, []::INTEGER[] AS none, {'x': 1, 'y': 'two'} AS s, MAP {'k': 1.5} AS mp, [[1], [2, 3]] AS nested`;

test('every type of DuckDB arrives in a table that the load created', async () => {
  await load({ table: 'all_types', mode: 'append' }, 'types-1', manyTypes);
  const [row] = await rowsOf('SELECT row_to_json(whole.*)::text AS row FROM all_types AS whole');
  assert.deepEqual(JSON.parse(String(row?.row).replace(/:(-?[0-9.e+]{16,})/g, ':"$1"')), {
    ...{ b: true, i1: 1, i2: -2, i4: 3, i8: '-9007199254740993', u1: 255, u4: 4294967295, u8: '18446744073709551615' },
    ...{ h: '170141183460469231731687303715884105727', f4: 1.5, f8: -2.25e300, d9: 12345.678, d18: -0.05 },
    ...{ d38: '-12345678901234567890.000100000', t: 'naïve', bytes: '\\x00ff', d: '1969-12-31', di: 'infinity' },
    ...{ tm: '23:59:59.999999', tz: '01:02:03+05:30', ts: '1999-12-31T23:59:59.123456', tsi: '-infinity' },
    ...{ tss: '2020-01-01T00:00:01', tsn: '1960-01-01T00:00:00.123456', tstz: '2024-06-01T10:00:00+00:00' },
    ...{ iv: '1 year 2 mons 3 days 04:05:06.7', u: 'b7f1cd5a-0c9e-4b1a-9d53-7a3c5f1e2d4c', j: { a: [1] }, m: 'happy' },
    ...{ bits: '0101', ints: [1, null, 3], texts: ['a', 'b,c'], decimals: [1.5, -2.25], none: [] },
    ...{ s: { x: 1, y: 'two' }, mp: { k: '1.5' }, nested: [[1], [2, 3]] },
  });
});

test('nulls and values of every type, in lists too, keep their places', async () => {
  await load(
    { table: 'with_nulls', mode: 'append' },
    'nulls-1',
    `
    WITH one AS (${manyTypes}) SELECT one.* FROM range(3000) r(i) LEFT JOIN one ON i % 3 <> 1 ORDER BY i`,
  );
  const [counts] = await rowsOf(`
    SELECT count(*)::int AS rows, count(h)::int AS h, count(d38)::int AS d38, count(texts)::int AS texts, count(s)::int AS s,
      count(DISTINCT whole.*::text)::int AS different FROM with_nulls AS whole`);
  assert.deepEqual(counts, { rows: 3000, h: 2000, d38: 2000, texts: 2000, s: 2000, different: 2 });
});

test('decimals of every size come back the same', async () => {
  const sql = `SELECT i, (i * 10007 - 5)::DECIMAL(18,0) / 100 AS q, (hash(i) % 1000000000000)::DECIMAL(13,1) / 8 AS x,
    (CASE i % 5 WHEN 0 THEN 10000 WHEN 1 THEN 0.0001 WHEN 2 THEN -99999999.9999 WHEN 3 THEN 0 ELSE i END)::DECIMAL(12,4) AS z,
    (hash(i)::HUGEINT * 1000003 - 7)::DECIMAL(38,0) AS wide FROM range(5000) t(i)`;
  const exact = sql.replace('/ 100 AS q', 'AS q').replace('/ 8 AS x', 'AS x');
  await load({ table: 'decimals', mode: 'append' }, 'decimals-1', exact);
  const loaded = await rowsOf(
    'SELECT i::text, q::text, x::text, z::text, wide::text FROM decimals ORDER BY decimals.i',
  );
  assert.deepEqual(
    loaded,
    lab.rows(
      `SELECT i::VARCHAR AS i, q::VARCHAR AS q, x::VARCHAR AS x, z::VARCHAR AS z, wide::VARCHAR AS wide FROM (${exact})`,
    ),
  );
});

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

test('evolve adds and widens, in the commit', async () => {
  await rowsOf(
    "CREATE TABLE evolving (id smallint, code varchar(3), day date, amount numeric(6,2)); INSERT INTO evolving VALUES (1, 'abc', '2024-01-01', 1.5)",
  );
  const { committed } = await load(
    { table: 'evolving', mode: 'append' },
    'evolve-1',
    "SELECT 70000 AS id, 'longer' AS code, TIMESTAMP '2024-01-02 03:04:05' AS day, 123456.789::DECIMAL(9,3) AS amount, true AS fresh",
  );
  assert.deepEqual((committed.detail as { changes: string[] }).changes, [
    'widened id from smallint to integer',
    'widened code from varchar(3) to text',
    'widened day from date to timestamp',
    'widened amount from numeric(6,2) to numeric(9,3)',
    'added fresh boolean',
  ]);
  assert.deepEqual(await rowsOf('SELECT id, code, day::text, amount::text, fresh FROM evolving ORDER BY id'), [
    { id: 1, code: 'abc', day: '2024-01-01 00:00:00', amount: '1.500', fresh: null },
    { id: 70000, code: 'longer', day: '2024-01-02 03:04:05', amount: '123456.789', fresh: true },
  ]);
});

test('freeze refuses with all differences, before anything is written', async () => {
  await rowsOf('CREATE TABLE frozen (id smallint, must text NOT NULL, made integer GENERATED ALWAYS AS (1) STORED)');
  const rows = lab.select("SELECT 1 AS id, 'x' AS other, 2 AS made");
  const loading = new Load(
    postgresSink,
    parse({ table: 'frozen', mode: 'append', contract: 'freeze' }),
    lab,
    'freeze-1',
    rows.columns,
  );
  await assert.rejects(loading.prepare(), {
    code: 'SCHEMA_MISMATCH',
    message:
      /id comes as integer; the table has smallint; .*other comes as text; .*no such column; .*must must have a value.*; column made is generated/,
  });
});

test('reject leaves out rows that do not fit, and keeps them with reasons', async () => {
  await rowsOf(
    "CREATE TYPE size AS ENUM ('s', 'm'); CREATE TABLE picky (id smallint NOT NULL, code varchar(3), size size, u uuid, price numeric(5,2))",
  );
  const u = 'b7f1cd5a-0c9e-4b1a-9d53-7a3c5f1e2d4c';
  const { committed } = await load(
    { table: 'picky', mode: 'append', contract: 'reject' },
    'reject-1',
    `
    SELECT * FROM (VALUES (1, 'abc', 's', '${u}', 1.25, NULL), (70000, 'abc', 's', '${u}', 1.25, NULL), (3, 'abcd', 's', NULL, 1.25, NULL),
      (4, 'a', 'xl', NULL, 1.25, NULL), (5, 'a', 'm', 'no uuid', 1.25, NULL), (6, 'a', 'm', NULL, 1.255, NULL), (7, 'a', 'm', NULL, 1000.00, NULL),
      (NULL, 'a', 'm', NULL, 1.00, NULL), (9, 'a', 'm', NULL, 1.00, 'extra'), (10, NULL, NULL, NULL, NULL, NULL)) t(id, code, size, u, price, more)`,
  );
  assert.deepEqual([committed.rows, (committed.detail as { rejected: number }).rejected], [2, 8]);
  assert.deepEqual(
    await rowsOf("SELECT reason, row::json ->> 'id' AS id FROM sheaf_rejects WHERE run = 'reject-1' ORDER BY 2"),
    [
      { reason: 'column code: the value does not fit varchar(3)', id: '3' },
      { reason: 'column size: the value does not fit size', id: '4' },
      { reason: 'column u: the value does not fit uuid', id: '5' },
      { reason: 'column price: the value does not fit numeric(5,2)', id: '6' },
      { reason: 'column price: the value does not fit numeric(5,2)', id: '7' },
      { reason: 'column id: the value does not fit smallint', id: '70000' },
      { reason: 'column more: the table has no such column', id: '9' },
      { reason: 'column id: null', id: null },
    ],
  );
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
