import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresSink } from '../../../connectors/postgres/sink/sink.ts';
import { Load } from '../../support/connectors/loads.ts';
import { postgresTests } from '../../support/connectors/postgres-tests.ts';

const { lab, parse, rowsOf, load } = postgresTests();

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
