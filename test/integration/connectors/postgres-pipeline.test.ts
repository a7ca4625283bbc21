import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RunInfo } from '../../../pipeline/records/run.ts';
import { postgresTests } from '../../support/connectors/postgres-tests.ts';
import { CommandLine } from '../../support/processes/command-line.ts';

/** PostgreSQL to PostgreSQL and into a DuckDB file, by the command line, on an embedded cluster. */
const { lab, rowsOf, server } = postgresTests();
const index = fileURLToPath(new URL('../../../pipeline/index.ts', import.meta.url));

test('what is new is extracted, transformed, validated, merged; each row once', async () => {
  await rowsOf(`CREATE TABLE orders AS SELECT i AS id, i % 50 AS customer, (i * 1.25)::numeric(12,2) AS amount,
    TIMESTAMPTZ '2024-01-01' + i * INTERVAL '1 second' AS changed FROM generate_series(1, 20000) i`);
  await using laptop = new CommandLine();
  const work = join(laptop.folder, 'work');
  mkdirSync(work);
  const file = join(work, 'orders.duckdb');
  writeFileSync(
    join(work, 'orders.ts'),
    `import { connectorSink, expect, pipeline, sink, source } from '${index}';
     export default pipeline('orders', {
       extract: { orders: source.postgres({ table: 'public.orders', incremental: 'changed' }) },
       transform: ({ orders, sql }) => ({
         newest: sql\`select id, customer, amount * 2 as doubled, changed from \${orders}\`,
         file: sql\`select customer, sum(amount) as total from \${orders} group by customer\`,
       }),
       validate: { newest: [expect.notNull('id')] },
       load: {
         newest: sink.postgres('loaded_orders', { mode: 'merge', key: ['id'], orderBy: 'changed' }),
         file: connectorSink('duckdb', { path: ${JSON.stringify(file)}, table: 'totals', mode: 'replace' }),
       },
     });`,
  );
  const env = { SHEAF_SECRET_POSTGRES_URL: server().url };
  const run = async (): Promise<RunInfo> => {
    const { stdout, stderr } = await laptop.start(['run', 'orders.ts', '--json'], work, env).ended;
    assert.ok(stdout.startsWith('{'), stderr);
    assert.ok(!`${stdout}${stderr}`.includes(server().password));
    return JSON.parse(stdout) as RunInfo;
  };
  const first = await run();
  assert.equal(first.life.state, 'succeeded', JSON.stringify(first.life));
  assert.deepEqual(await rowsOf('SELECT count(*)::int AS n, sum(doubled)::text AS total FROM loaded_orders'), [
    { n: 20_000, total: '500025000.00' },
  ]);
  await rowsOf(`UPDATE orders SET amount = 0, changed = TIMESTAMPTZ '2025-01-01' + id * INTERVAL '1 second' WHERE id <= 10;
    INSERT INTO orders VALUES (20001, 1, 7, '2026-01-01')`);
  const second = await run();
  assert.equal(second.life.state, 'succeeded', JSON.stringify(second.life));
  assert.deepEqual(
    await rowsOf('SELECT count(*)::int AS n, count(*) FILTER (WHERE doubled = 0)::int AS changed FROM loaded_orders'),
    [{ n: 20_001, changed: 10 }],
  );
  assert.deepEqual(
    await rowsOf("SELECT output, rows::int, cursors->>'orders' AS cursor FROM sheaf_ledger ORDER BY committed_at"),
    [
      { output: 'newest', rows: 20_000, cursor: '2024-01-01 05:33:20+00' },
      { output: 'newest', rows: 11, cursor: '2026-01-01 00:00:00+00' },
    ],
  );
  assert.deepEqual(await rowsOf("SELECT relname FROM pg_class WHERE relname LIKE 'sheaf\\_stage%'"), []);
  assert.deepEqual(
    await rowsOf("SELECT count(*)::int AS held FROM pg_stat_activity WHERE application_name = 'sheaf'"),
    [{ held: 0 }],
  );
  lab.execute(`ATTACH '${file}' AS written (READ_ONLY)`);
  assert.equal(lab.rows('SELECT count(*)::INTEGER AS n FROM written.totals')[0]?.n, 10);
});

test('killed in the middle of a load, and run again: each row once', async () => {
  await rowsOf(`CREATE TABLE readings AS SELECT i AS id, repeat('x', 100) AS text FROM generate_series(1, 300000) i`);
  await using laptop = new CommandLine();
  const work = join(laptop.folder, 'work');
  mkdirSync(work);
  writeFileSync(
    join(work, 'readings.ts'),
    `import { pipeline, sink, source } from '${index}';
     export default pipeline('readings', { extract: source.postgres({ table: 'readings', incremental: 'id' }), load: sink.postgres('copied') });`,
  );
  const env = { SHEAF_SECRET_POSTGRES_URL: server().url };
  const begin = () => laptop.start(['run', 'readings.ts', '--json'], work, env);
  const staged = () =>
    rowsOf('SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE \'COPY "public"."sheaf_stage%\'');
  const { child, ended } = begin();
  while ((await staged())[0]?.n === 0) await pause(5);
  child.kill('SIGKILL');
  await ended;
  assert.deepEqual(await rowsOf("SELECT to_regclass('copied') AS there"), [{ there: null }]);
  const { stdout, stderr } = await begin().ended;
  assert.ok(stdout.startsWith('{'), stderr);
  assert.deepEqual(await rowsOf('SELECT count(*)::int AS n, count(DISTINCT id)::int AS different FROM copied'), [
    { n: 300_000, different: 300_000 },
  ]);
  assert.deepEqual(await rowsOf("SELECT relname FROM pg_class WHERE relname LIKE 'sheaf\\_stage%'"), []);
});
