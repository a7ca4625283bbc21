import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverOf } from '../../../../connectors/postgres/connection-options.ts';
import { postgresError } from '../../../../connectors/postgres/errors.ts';
import { parseSinkOptions, parseSourceOptions } from '../../../../connectors/postgres/options.ts';
import { placeColumns } from '../../../../connectors/postgres/sink/fit.ts';
import type { TargetColumn } from '../../../../connectors/postgres/sink/target.ts';
import {
  chooseBounds,
  evenBounds,
  keyRanges,
  pieceCount,
  placeRanges,
} from '../../../../connectors/postgres/source/pieces.ts';
import { parseTableName, quotedTable } from '../../../../connectors/table-name.ts';

const column = (name: string, type: string, more: Partial<TargetColumn> = {}): TargetColumn => ({
  ...{ name, type, isNotNull: false, hasDefault: false, isGenerated: false, isEnum: false },
  ...more,
});
const fitOf = (from: string, to: string, more: Partial<TargetColumn> = {}) => {
  const target = { oid: '1', uniqueKeys: [], isReferenced: false, columns: [column('c', to, more)] };
  const [placed] = placeColumns([{ name: 'c', type: from }], target);
  return placed?.widened === undefined ? placed?.fit : `${placed.fit} → ${placed.widened}`;
};

test('how types meet', () => {
  const table: readonly (readonly [string, string, string])[] = [
    ['integer', 'integer', 'same'],
    ['smallint', 'bigint', 'wider'],
    ['bigint', 'integer', 'narrow → bigint'],
    ['integer', 'numeric(12,2)', 'wider'],
    ['bigint', 'numeric(12,2)', 'narrow → numeric(21,2)'],
    ['numeric(9,3)', 'numeric(8,4)', 'narrow → numeric(10,4)'],
    ['numeric(9,3)', 'bigint', 'narrow → numeric(22,3)'],
    ['numeric(9,3)', 'numeric', 'wider'],
    ['double precision', 'numeric(9,3)', 'narrow → numeric'],
    ['double precision', 'real', 'narrow → double precision'],
    ['real', 'double precision', 'wider'],
    ['integer', 'double precision', 'wider'],
    ['text', 'varchar', 'same'],
    ['text', 'varchar(5)', 'narrow → text'],
    ['text', 'uuid', 'converted'],
    ['bigint', 'text', 'wider'],
    ['timestamp', 'date', 'narrow → timestamp'],
    ['date', 'timestamptz', 'wider'],
    ['jsonb', 'json', 'wider'],
    ['boolean', 'date', 'impossible'],
    ['integer[]', 'integer', 'impossible'],
  ];
  assert.deepEqual(
    table.map(([from, to]) => [from, to, fitOf(from, to)]),
    table,
  );
  assert.equal(fitOf('text', 'mood', { isEnum: true }), 'narrow');
});

test('names of tables, quoted or not, and texts that are none', () => {
  assert.deepEqual(parseTableName('a.b'), { schema: 'a', name: 'b' });
  assert.equal(quotedTable(parseTableName('"a.b"."c ""d"""')), '"a.b"."c ""d"""');
  for (const bad of ['', 'a.b.c', 'a.', '.a', 'a b', '"a', 'a; drop']) {
    assert.throws(() => parseTableName(bad), { code: 'PLAN_INVALID' }, bad);
  }
});

test('connections: URLs and parts, refused without showing them', () => {
  const server = serverOf(
    'postgres://me:p%40ss%2F@db.example.com:6543/the%20base?sslmode=verify-ca&sslrootcert=/ca.pem',
  );
  assert.deepEqual(server, {
    ...{
      host: 'db.example.com',
      port: 6543,
      database: 'the base',
      user: 'me',
      password: 'p@ss/',
      sslmode: 'verify-ca',
      caFile: '/ca.pem',
    },
  });
  for (const bad of [
    'mysql://me:geheim@h/d',
    'postgres://me:geheim@h',
    'postgres://h/d',
    'postgres://me:geheim@h/d?sslmode=prefer',
    'postgres://me:geheim@h/d?x=1',
    'geheim',
  ]) {
    assert.throws(
      () => serverOf(bad),
      (error: Error & { code: string }) => error.code === 'PLAN_INVALID' && !error.message.includes('geheim'),
      bad,
    );
  }
});

test('options are refused by name', () => {
  const connection = 'postgres://u:p@h/d';
  const source = (more: object) => () => parseSourceOptions({ connection, ...more });
  const sink = (more: object) => () => parseSinkOptions({ connection, table: 't', ...more });
  assert.throws(source({}), { code: 'PLAN_INVALID', message: /a table or a query/ });
  assert.throws(source({ table: 't', kye: 'id' }), { code: 'PLAN_INVALID', message: /kye/ });
  assert.throws(sink({ mode: 'upsert' }), { code: 'PLAN_INVALID', message: /option mode/ });
  assert.throws(sink({ mode: 'merge' }), { code: 'PLAN_INVALID', message: /key/ });
  assert.throws(sink({ mode: 'append', orderBy: 'x' }), { code: 'PLAN_INVALID', message: /orderBy/ });
});

test('pieces cover a table once', () => {
  const facts = { oid: '1', kind: 'r', pages: 10, rows: 100 };
  assert.deepEqual(
    placeRanges(facts, 3).map(({ where }) => where),
    ["ctid < '(3,0)'::tid", "ctid >= '(3,0)'::tid AND ctid < '(6,0)'::tid", "ctid >= '(6,0)'::tid"],
  );
  assert.deepEqual(
    placeRanges(facts, 1).map(({ where }) => where),
    [null],
  );
  assert.deepEqual(
    keyRanges('k', ['b', "o'clock"], { rows: 9, bytes: 9 }).map(({ where }) => where),
    [`("k" < 'b' OR "k" IS NULL)`, `"k" >= 'b' AND "k" < 'o''clock'`, `"k" >= 'o''clock'`],
  );
  assert.deepEqual(evenBounds(1n, 10n, 4), ['3', '6', '8']);
  assert.deepEqual(evenBounds(5n, 5n, 4), []);
  assert.deepEqual(chooseBounds(['a', 'b', 'c', 'd', 'e'], 2), ['c']);
  assert.equal(pieceCount(10, { pieceBytes: 1000, piecesMax: 50, slots: 8 }), 1);
  assert.equal(pieceCount(500, { pieceBytes: 1000, piecesMax: 50, slots: 8 }), 8);
  assert.equal(pieceCount(1e9, { pieceBytes: 1000, piecesMax: 50, slots: 8 }), 50);
});

test('what may be tried again', () => {
  const server = serverOf('postgres://u:p@h/d');
  const retryable = (error: object) =>
    postgresError(Object.assign(new Error('m'), error), { side: 'sink', server, thing: 't' }).retryable;
  const fatal = (code: string) => ({ code, severity: 'ERROR' });
  for (const code of ['08006', '57P01', '40001', '40P01', '53300', '55P03'])
    assert.equal(retryable(fatal(code)), true, code);
  for (const code of ['28P01', '42501', '53100', '57014', '22003', '23505', '42P01', 'XX000'])
    assert.equal(retryable(fatal(code)), false, code);
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT']) assert.equal(retryable({ code }), true, code);
  assert.equal(retryable({ code: 'ENOTFOUND' }), false);
});
