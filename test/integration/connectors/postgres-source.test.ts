import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresSource } from '../../../connectors/postgres/source/source.ts';
import type { Json } from '../../../shared/json.ts';
import { provenanceColumns } from '../../../shared/plan/nodes/extract.ts';
import { postgresServer } from '../../support/connectors/postgres-tests.ts';

const { lab, server } = postgresServer();

const parse = (options: Record<string, Json>) => postgresSource.parse({ connection: server().url, ...options });

/** All rows in one reading. */
async function readAll(options: Record<string, Json>): Promise<Record<string, string | null>[]> {
  const parsed = parse(options);
  const listing = await postgresSource.list(parsed, lab.listContext());
  const pieces = listing.pieces.map(({ piece }) => piece);
  try {
    return await lab.texts(await postgresSource.read(parsed, pieces, lab.readContext(listing.schema)));
  } finally {
    await listing.release?.();
  }
}

test('every type arrives as DuckDB would print it', async () => {
  await server().query(`
    CREATE TYPE mood AS ENUM ('sad', 'happy');
    CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
    CREATE TABLE types AS SELECT
      true AS b, 7::int2 AS i2, -70000::int4 AS i4, -9007199254740993::int8 AS i8, 1.5::float4 AS f4, -2.25e300::float8 AS f8,
      123.450::numeric(9,3) AS n9, (-12345678901234567890.123456789)::numeric(38,9) AS n38, 10000::numeric(12,0) AS tens,
      0.0001::numeric(6,4) AS small, 1.25::numeric AS loose, 'naïve "text"' AS t, 'abc'::varchar(5) AS v, 'x'::char(3) AS c,
      '\\x00ff10'::bytea AS bytes, DATE '1969-12-31' AS d, DATE '0044-03-15 BC' AS old, TIME '23:59:59.999999' AS tm,
      TIMETZ '01:02:03+05:30' AS tz, TIMESTAMP '1999-12-31 23:59:59.123456' AS ts, TIMESTAMPTZ '2024-06-01 12:00:00+02' AS tstz,
      INTERVAL '1 year 2 months 3 days 04:05:06.7' AS iv, 'b7f1cd5a-0c9e-4b1a-9d53-7a3c5f1e2d4c'::uuid AS u,
      '{"a": [1, 2]}'::jsonb AS jb, '{"a":  1}'::json AS j, 'happy'::mood AS m, 5::positive AS p, '192.168.0.1'::inet AS ip,
      ARRAY[1, NULL, 3] AS ints, ARRAY['a', 'b,c'] AS texts, ARRAY[1.50, -2.25]::numeric(5,2)[] AS decimals, '{}'::int[] AS none`);
  const [row] = await readAll({ table: 'types' });
  assert.deepEqual(row, {
    ...{ b: 'true', i2: '7', i4: '-70000', i8: '-9007199254740993', f4: '1.5', f8: '-2.25e+300', n9: '123.450' },
    ...{ n38: '-12345678901234567890.123456789', tens: '10000', small: '0.0001', loose: '1.25', t: 'naïve "text"' },
    ...{ v: 'abc', c: 'x', bytes: '\\x00\\xFF\\x10', d: '1969-12-31', old: '0044-03-15 (BC)', tm: '23:59:59.999999' },
    ...{ tz: '01:02:03+05:30', ts: '1999-12-31 23:59:59.123456', tstz: '2024-06-01 10:00:00+00' },
    ...{ iv: '1 year 2 months 3 days 04:05:06.7', u: 'b7f1cd5a-0c9e-4b1a-9d53-7a3c5f1e2d4c', jb: '{"a": [1, 2]}' },
    ...{ j: '{"a":  1}', m: 'happy', p: '5', ip: '192.168.0.1/32', ints: '[1, NULL, 3]', texts: "[a, 'b,c']" },
    ...{ decimals: '[1.50, -2.25]', none: '[]' },
  });
});

test('nulls of every type stay nulls, between rows that have values', async () => {
  await server().query(`
    CREATE TABLE nulls AS SELECT * FROM types;
    INSERT INTO nulls SELECT (NULL::types).*;
    INSERT INTO nulls SELECT * FROM types`);
  const [first, second, third] = await readAll({ table: 'nulls' });
  assert.deepEqual(first, third);
  assert.deepEqual(new Set(Object.values(second ?? {})), new Set([null]));
});

test('values without a place are rejected with a reason, are null, or end the reading, as asked', async () => {
  await server().query(`
    CREATE TABLE odd (id int, d date, n numeric(5,2), ts timestamp, a int[]);
    INSERT INTO odd VALUES (1, 'infinity', 1, now(), '{1}'), (2, now(), 'NaN', now(), '{1}'),
      (3, now(), 3, '-infinity', '{1}'), (4, now(), 4, now(), '{{1,2},{3,4}}'), (5, DATE '2024-01-01', 5, NULL, '{6,7}')`);
  await assert.rejects(readAll({ table: 'odd' }), { code: 'ROW_MALFORMED', message: /odd.*row 1: column d/ });
  const asNull = await readAll({ table: 'odd', unrepresentable: 'null' });
  assert.deepEqual(
    asNull.map(({ d, n, ts, a }) => [d, n, ts, a].filter((value) => value === null).length),
    [1, 1, 1, 1, 1],
  );
  assert.equal(asNull[4]?.a, '[6, 7]');

  const parsed = parse({ table: 'odd', snapshot: false });
  const { schema, pieces } = await postgresSource.list(parsed, lab.listContext());
  const context = lab.readContext([...schema, ...provenanceColumns]);
  const rows = await lab.texts(
    await postgresSource.read(
      parsed,
      pieces.map(({ piece }) => piece),
      context,
    ),
  );
  assert.deepEqual(
    rows.map(({ id, _rejected, _position }) => [id, _rejected, _position]),
    [
      ['1', 'column d: the value has no place in DATE', '1'],
      ['2', 'column n: the value has no place in DECIMAL(5,2)', '2'],
      ['3', 'column ts: the value has no place in TIMESTAMP', '3'],
      ['4', 'column a: the value has no place in INTEGER[]', '4'],
      ['5', null, '5'],
    ],
  );
  assert.match(rows[0]?._raw ?? '', /^0005/);
  assert.equal(rows[4]?._source, 'odd (piece 1 of 1)');
});

test('pieces of a table read one state of it, whatever is written meanwhile', async () => {
  await server().query('CREATE TABLE moving AS SELECT i AS id, i % 7 AS v FROM generate_series(1, 20000) i');
  const parsed = parse({ table: 'moving' });
  const listing = await postgresSource.list(parsed, lab.listContext({}, { postgresPieceBytes: 65_536 }));
  assert.ok(listing.pieces.length >= 4, `${listing.pieces.length} pieces`);
  await server().query('UPDATE moving SET v = 100; INSERT INTO moving SELECT 1, 100 FROM generate_series(1, 5000)');
  const ids: number[] = [];
  for (const { piece } of listing.pieces) {
    const rows = await lab.texts(await postgresSource.read(parsed, [piece], lab.readContext(listing.schema)));
    assert.ok(rows.every(({ v }) => Number(v) < 7));
    ids.push(...rows.map(({ id }) => Number(id)));
  }
  assert.deepEqual(
    ids.sort((a, b) => a - b),
    Array.from({ length: 20_000 }, (_, i) => i + 1),
  );
  const held = "SELECT count(*)::int AS held FROM pg_stat_activity WHERE state = 'idle in transaction'";
  assert.deepEqual(await server().query(held), [{ held: 1 }]);
  await listing.release?.();
  assert.deepEqual(await server().query(held), [{ held: 0 }]);
  const [piece] = listing.pieces;
  assert.ok(piece);
  await assert.rejects(
    async () => lab.texts(await postgresSource.read(parsed, [piece.piece], lab.readContext(listing.schema))),
    { code: 'SOURCE_FAILED', retryable: true, message: /snapshot .* is there no more/ },
  );
});

test('a key cuts a view into pieces that hold each row once, null keys too', async () => {
  await server().query(`
    CREATE TABLE keyed AS SELECT CASE WHEN i % 10 = 0 THEN NULL ELSE i END AS k, i AS id FROM generate_series(1, 3000) i;
    CREATE VIEW seen AS SELECT k, id, 'v' || id AS t FROM keyed`);
  for (const [options, analyzed] of [
    [{ table: 'seen', key: 'k' }, false],
    [{ table: 'keyed', key: 'k' }, true],
    [{ query: 'SELECT * FROM keyed -- all', key: 'k' }, true],
  ] as const) {
    if (analyzed) await server().query('ANALYZE keyed');
    const parsed = parse(options);
    const listing = await postgresSource.list(parsed, lab.listContext());
    assert.ok(listing.pieces.length >= 3, JSON.stringify(options));
    const pieces = listing.pieces.map(({ piece }) => piece);
    const rows = await lab.texts(await postgresSource.read(parsed, pieces, lab.readContext(listing.schema)));
    assert.equal(new Set(rows.map(({ id }) => id)).size, 3000);
    assert.equal(rows.length, 3000);
    await listing.release?.();
  }
});

test('a cursor reads what came since, and is pushed down to the server', async () => {
  await server().query(`
    CREATE TABLE events AS SELECT i AS id, TIMESTAMPTZ '2024-01-01' + i * INTERVAL '1 second' AS at FROM generate_series(1, 100) i`);
  const parsed = parse({ table: 'events', cursorColumn: 'at', where: 'id % 2 = 0' });
  const first = await postgresSource.list(parsed, lab.listContext());
  assert.equal(first.cursor, '2024-01-01 00:01:40+00');
  await server().query(
    `INSERT INTO events VALUES (102, TIMESTAMPTZ '2024-01-02'), (103, TIMESTAMPTZ '2024-01-03'), (104, NULL)`,
  );
  const rowsOf = async (listing: typeof first) => {
    const pieces = listing.pieces.map(({ piece }) => piece);
    return lab.texts(await postgresSource.read(parsed, pieces, lab.readContext(listing.schema)));
  };
  assert.equal((await rowsOf(first)).length, 50);
  await first.release?.();
  const second = await postgresSource.list(parsed, lab.listContext({ cursor: first.cursor ?? '' }));
  assert.deepEqual(
    (await rowsOf(second)).map(({ id }) => id),
    ['102'],
  );
  await second.release?.();
  const third = await postgresSource.list(parsed, lab.listContext({ cursor: second.cursor ?? '' }));
  assert.deepEqual([third.pieces.length, third.cursor], [0, second.cursor]);
});

test('columns are read as the user types them, and only those that are asked for', async () => {
  await server().query("CREATE TABLE typed AS SELECT '12' AS text_number, 3 AS n, 'secret' AS hidden");
  const parsed = parse({ table: 'typed' });
  const schema = [
    { name: 'text_number', type: 'BIGINT' },
    { name: 'n', type: 'DECIMAL(9,2)' },
  ];
  const listing = await postgresSource.list(parsed, lab.listContext({ schema }));
  const pieces = listing.pieces.map(({ piece }) => piece);
  assert.deepEqual(await lab.texts(await postgresSource.read(parsed, pieces, lab.readContext(schema))), [
    { text_number: '12', n: '3.00' },
  ]);
  await listing.release?.();
  await assert.rejects(postgresSource.list(parsed, lab.listContext({ schema: [{ name: 'gone', type: 'INTEGER' }] })), {
    code: 'COLUMN_UNKNOWN',
  });
});

test('rows larger than any message, and more rows than a batch', async () => {
  await server().query(`
    CREATE TABLE large AS SELECT i, repeat(chr(97 + i), 3000000) AS t FROM generate_series(0, 4) i;
    CREATE TABLE many AS SELECT i FROM generate_series(1, 200001) i`);
  const rows = await readAll({ table: 'large' });
  assert.deepEqual(
    rows.map(({ t }) => [t?.length, t?.[0], t?.at(-1)]),
    ['a', 'b', 'c', 'd', 'e'].map((c) => [3_000_000, c, c]),
  );
  const many = await readAll({ table: 'many' });
  assert.equal(many.length, 200_001);
  assert.equal(many[200_000]?.i, '200001');
});
