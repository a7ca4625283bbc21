import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresTests } from '../../support/connectors/postgres-tests.ts';

const { lab, rowsOf, load } = postgresTests();

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
