import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresSink } from '../../../connectors/postgres/sink/sink.ts';
import { postgresSource } from '../../../connectors/postgres/source/source.ts';
import type { Batch } from '../../../shared/arrow/batch.ts';
import { Load } from '../../support/connectors/loads.ts';
import { startLostCommitProxy } from '../../support/connectors/lost-commit-proxy.ts';
import { postgresTests } from '../../support/connectors/postgres-tests.ts';

const { lab, parse, rowsOf, leftovers, server } = postgresTests();
const numbers = () => lab.select('SELECT i AS id, i::VARCHAR AS t FROM range(200000) t(i)');
const loadOf = (options: Parameters<typeof parse>[0], run: string) =>
  new Load(postgresSink, parse({ mode: 'append', ...options }), lab, run, numbers().columns);

/** The rows again and again, with something done after the first ones. */
function* endless(batches: Iterable<Batch>, then: () => void): Generator<Batch> {
  yield* batches;
  then();
  for (;;) yield* batches;
}

const endOfCopies =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY %' AND pid <> pg_backend_pid()";

test('a connection that breaks in the middle of writing leaves nothing, and another attempt loads it', async () => {
  const loading = loadOf({ table: 'broken' }, 'broken-1');
  const rows = numbers();
  const batches = endless(rows.batches, () => void rowsOf(endOfCopies));
  await assert.rejects(loading.write({ ...rows, batches }), {
    code: 'SINK_FAILED',
    retryable: true,
    message: /^PostgreSQL sink broken \(database postgres at 127\.0\.0\.1:\d+\): the server ended the connection/,
  });
  assert.deepEqual(await leftovers(), []);
  const committed = await loading.commit([await loading.write(numbers())]);
  assert.equal(committed.rows, 200_000);
});

test('so does one that was loading directly: the table is as it was', async () => {
  await rowsOf('CREATE TABLE whole AS SELECT -1::bigint AS id, NULL::text AS t');
  const loading = loadOf({ table: 'whole', mode: 'replace', direct: true }, 'whole-1');
  const rows = numbers();
  const batches = endless(rows.batches, () => void rowsOf(endOfCopies));
  await assert.rejects(loading.write({ ...rows, batches }, { alone: true }), { code: 'SINK_FAILED', retryable: true });
  assert.deepEqual(await rowsOf('SELECT id::int FROM whole'), [{ id: -1 }]);
  await loading.commit([await loading.write(numbers(), { alone: true })]);
  assert.deepEqual(await rowsOf('SELECT count(*)::int AS n, min(id)::int AS least FROM whole'), [
    { n: 200_000, least: 0 },
  ]);
});

test('rows that cannot be made break the COPY off: none of them is loaded', async () => {
  const loading = loadOf({ table: 'half', direct: true }, 'half-1');
  const rows = numbers();
  const batches = endless(rows.batches, () => {
    throw new Error('the query failed');
  });
  await assert.rejects(loading.write({ ...rows, batches }, { alone: true }), /the query failed/);
  assert.deepEqual(await rowsOf("SELECT to_regclass('half') AS there"), [{ there: null }]);
});

test('a connection that breaks in the middle of reading is an error, never fewer rows', async () => {
  await rowsOf("CREATE TABLE read AS SELECT i AS id, repeat('x', 200) AS t FROM generate_series(1, 300000) i");
  const options = postgresSource.parse({ connection: server().url, table: 'read', snapshot: false });
  const { schema, pieces } = await postgresSource.list(options, lab.listContext({ slots: 1 }));
  const { batches } = await postgresSource.read(
    options,
    pieces.map(({ piece }) => piece),
    lab.readContext(schema),
  );
  let rows = 0;
  await assert.rejects(
    async () => {
      for await (const batch of batches) {
        rows += batch.rows;
        await rowsOf(endOfCopies);
      }
    },
    { code: 'SOURCE_FAILED', retryable: true },
  );
  assert.ok(rows < 300_000);
  assert.deepEqual(
    await rowsOf("SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE 'COPY %(FORMAT binary)'"),
    [{ n: 0 }],
  );
});

test('who does not get the answer to a COMMIT asks again, and finds it done', async () => {
  await using proxy = await startLostCommitProxy(server().port);
  const loading = loadOf({ table: 'asked' }, 'asked-1');
  const receipts = [await loading.write(numbers())];
  const throughProxy = loadOf(
    { table: 'asked', connection: server().url.replace(/:\d+\//, `:${proxy.port}/`) },
    'asked-1',
  );
  const context = { ...throughProxy.context, prepared: await loading.prepare(), cursors: {}, mustLead: () => {} };
  const options = parse({
    table: 'asked',
    mode: 'append',
    connection: server().url.replace(/:\d+\//, `:${proxy.port}/`),
  });
  await assert.rejects(postgresSink.commit(options, receipts, context), { code: 'SINK_FAILED', retryable: true });
  assert.equal(proxy.lost(), 1);
  const again = await loading.commit(receipts);
  assert.deepEqual([again.rows, again.already], [200_000, true]);
  assert.deepEqual(await rowsOf('SELECT count(*)::int AS n FROM asked'), [{ n: 200_000 }]);
});

test('a crash of the server empties staging tables: the commit sees it and loads nothing', async () => {
  const loading = loadOf({ table: 'crashed' }, 'crashed-1');
  const receipts = [await loading.write(numbers())];
  await server().kill();
  await assert.rejects(loading.commit(receipts), {
    code: 'SINK_FAILED',
    retryable: true,
    message: /cannot be reached/,
  });
  await server().start();
  await assert.rejects(loading.commit(receipts), {
    code: 'STAGED_LOST',
    retryable: false,
    message: /has 0 rows, not the 200000 that were written/,
  });
  assert.deepEqual(
    await rowsOf(
      "SELECT to_regclass('crashed') AS there, (SELECT count(*)::int FROM sheaf_ledger WHERE run = 'crashed-1') AS entries",
    ),
    [{ there: null, entries: 0 }],
  );
  await loading.clean();
});

test('locks and statements have time limits', async () => {
  await rowsOf('CREATE TABLE locked AS SELECT 1::bigint AS id');
  const loading = loadOf({ table: 'locked', mode: 'replace', lockTimeoutMs: 100 }, 'locked-1');
  const receipts = [await loading.write(numbers())];
  const held = rowsOf('BEGIN; LOCK TABLE locked; SELECT pg_sleep(3); COMMIT');
  await rowsOf(
    "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE relation = 'locked'::regclass AND mode = 'AccessExclusiveLock' AND granted) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$",
  );
  await assert.rejects(loading.commit(receipts), {
    code: 'SINK_FAILED',
    retryable: true,
    message: /others held a lock for too long/,
  });
  await held;
  assert.equal((await loading.commit(receipts)).already, false);
  const slow = postgresSource.parse({
    connection: server().url,
    query: 'SELECT pg_sleep(10)::text AS slept',
    statementTimeoutMs: 100,
    snapshot: false,
  });
  const { schema, pieces } = await postgresSource.list(slow, lab.listContext());
  const { batches } = await postgresSource.read(
    slow,
    pieces.map(({ piece }) => piece),
    lab.readContext(schema),
  );
  await assert.rejects(
    async () => {
      for await (const _ of batches);
    },
    { code: 'SOURCE_FAILED', retryable: false, message: /time limit/ },
  );
});

test('wrong password, missing privilege, full disk, unknown host and table: told apart, without secrets', async () => {
  const { port, password } = server();
  await rowsOf(
    "CREATE ROLE poor LOGIN PASSWORD 'poor'; CREATE TABLE private (id bigint); CREATE TABLE full_disk (id bigint, t text)",
  );
  await rowsOf(`CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''disk_full'', MESSAGE = ''could not extend file''; END';
    CREATE TRIGGER full_disk BEFORE INSERT ON full_disk EXECUTE FUNCTION no_space()`);
  const list = (connection: Parameters<typeof parse>[0]['connection'] & (string | object), table = 'private') =>
    postgresSource.list(postgresSource.parse({ connection, table }), lab.listContext());
  const wrong = { host: '127.0.0.1', port, database: 'postgres', user: 'postgres', password: `${password}x` };
  await assert.rejects(list(wrong), (error: Error) => {
    assert.match(error.message, /refused user or password/);
    assert.ok(!error.message.includes(password) && !JSON.stringify(error).includes(password));
    return true;
  });
  const poor = { ...wrong, user: 'poor', password: 'poor' };
  await assert.rejects(list(poor), { code: 'SOURCE_FAILED', retryable: false, message: /lacks a privilege/ });
  await assert.rejects(list(server().url, 'nowhere'), {
    code: 'SOURCE_FAILED',
    retryable: false,
    message: /no such table/,
  });
  await assert.rejects(list({ ...wrong, port: 1 }), {
    code: 'SOURCE_FAILED',
    retryable: true,
    message: /cannot be reached/,
  });
  const loading = loadOf({ table: 'full_disk' }, 'full-1');
  const receipts = [await loading.write(numbers())];
  await assert.rejects(loading.commit(receipts), { code: 'SINK_FAILED', retryable: false, message: /disk is full/ });
});

test('work that nobody wants any more lets go of its connection', async () => {
  const loading = loadOf({ table: 'cancelled' }, 'cancelled-1');
  const abort = new AbortController();
  const rows = numbers();
  const batches = endless(rows.batches, () => abort.abort());
  const prepared = await loading.prepare();
  const context = {
    ...loading.context,
    prepared,
    attempt: 'a',
    alone: false,
    directory: lab.folder,
    signal: abort.signal,
  };
  await assert.rejects(
    postgresSink.write(parse({ table: 'cancelled', mode: 'append' }), { ...rows, batches }, context),
    { code: 'CANCELLED' },
  );
});
