import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { after, test } from 'node:test';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../shared/duckdb/database.ts';
import { withScans } from '../../../../worker/kernel/with-scans.ts';

const database = Database.open({ memoryLimitBytes: 2 ** 27, tempDirectory: tmpdir() });
const connection = Connection.open(database.address);
after(() => {
  connection[Symbol.dispose]();
  database[Symbol.dispose]();
});
const scans = [
  { name: 'in0', sql: 'SELECT 1 AS a UNION ALL SELECT 2' },
  { name: 'in "1"', sql: 'SELECT 2 AS b' },
];

for (const sql of [
  'SELECT sum(a) AS v FROM in0 JOIN "in ""1""" ON a = b',
  'FROM in0 SELECT max(a) AS v',
  '(SELECT max(a) AS v FROM in0)',
  'WITH t AS (FROM in0 WHERE a > 1) SELECT a AS v FROM t',
  'with t(v) as materialized (select max(a) from in0) from t',
  '-- with a comment\n/* with\nanother */ WITH t AS (FROM in0) SELECT max(a) AS v FROM t',
  'WITH RECURSIVE t AS (SELECT 1 AS v UNION ALL SELECT v + 1 FROM t JOIN in0 ON a = v WHERE v < 2) SELECT max(v) AS v FROM t',
  'WITH inner0 AS (SELECT 7) SELECT (WITH in0 AS (SELECT 2 AS a) SELECT max(a) FROM in0) AS v',
  'VALUES (2)',
])
  test(`finds its scans: ${sql.replaceAll('\n', ' ')}`, () => {
    assert.deepEqual(
      connection.rows(withScans(sql, scans)).map((row) => Object.values(row).map(String)),
      [['2']],
    );
  });

test('SQL that reads no file stays as it is', () => {
  assert.equal(withScans('SELECT 1', []), 'SELECT 1');
});
