/** Every method of datasets on a real cluster, against what DuckDB itself answers. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Int32, type RecordBatch, Table, Utf8, vectorFromArray } from 'apache-arrow';
import {
  avg,
  coalesce,
  col,
  count,
  countDistinct,
  cumeDist,
  type Dataset,
  denseRank,
  firstValue,
  lag,
  lastValue,
  lead,
  lit,
  max,
  min,
  nthValue,
  ntile,
  rank,
  rowNumber,
  type SchemaSpec,
  sql,
  sum,
  when,
} from '../../client/index.ts';
import { clusterBesideDuckdb } from '../support/cluster/beside-duckdb.ts';
import { assertSameRows } from '../support/same-rows.ts';

const { cluster, folder, connection } = await clusterBesideDuckdb({ taskBytesMin: 1 });

const [sales, cities] = [join(folder, 'sales.parquet'), join(folder, 'cities.csv')];
connection.execute(`COPY (
    SELECT i AS id, ['BOS', 'JFK', 'ORD', NULL][1 + i % 4] AS city, (i * 7919) % 1000 - 100 AS delay,
      i / 3.0 AS "the price", timestamp '2001-01-01' + interval (i) minute AS departed
    FROM range(20000) t(i)
  ) TO '${sales}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
connection.execute(`COPY (SELECT * FROM (VALUES ('BOS', 'Boston'), ('JFK', 'New York'), ('XXX', 'Nowhere')) t(code, name))
  TO '${cities}' (FORMAT csv)`);

const schema = {
  id: 'bigint',
  city: 'varchar',
  delay: 'bigint',
  'the price': 'double',
  departed: 'timestamp',
} as const;
const dataset = cluster.read.parquet(sales, { schema });
const names = cluster.read.csv(cities, { schema: { code: 'varchar', name: 'varchar' } });

/** Rows as plain values that both sides can have. */
const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date)
    return value
      .toISOString()
      .replace('T', ' ')
      .replace(/\.?0*Z$/, '');
  return value;
};

const byName = (row: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));

async function check<S extends SchemaSpec>(actual: Dataset<S>, expected: string, ordered = false): Promise<void> {
  const rows: Record<string, unknown>[] = [];
  for await (const row of actual.rows()) {
    rows.push(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
  }
  assertSameRows(rows.map(byName), connection.rows(expected).map(byName), ordered, expected);
}

const from = `from '${sales}'`;

test('filter: SQL, expressions, functions', async () => {
  await check(dataset.filter('delay > 800'), `${from} where delay > 800`);
  const late = col('delay')
    .gt(800)
    .and(col('city').in(['BOS', 'JFK']))
    .or(col('the price').lt(5));
  await check(dataset.filter(late), `${from} where delay > 800 and city in ('BOS', 'JFK') or "the price" < 5`);
  const typed = dataset.filter((row, { least }) => (row.delay ?? 0n) > least && row.city === 'BOS', {
    params: { least: 850 },
  });
  await check(typed, `${from} where delay > 850 and city = 'BOS'`);
});

test('select, withColumns, expressions', async () => {
  const part = when(col('delay').gt(500), 'late').when(col('delay').gt(0), 'soon').otherwise('early');
  await check(
    dataset.select('id', col('the price').multiply(2).as('double "price"'), { part, hour: 'hour(departed)' }),
    `select id, "the price" * 2 as "double ""price""", hour(departed) as hour,
       case when delay > 500 then 'late' when delay > 0 then 'soon' else 'early' end as part ${from}`,
  );
  await check(
    dataset.withColumns({ city: coalesce(col('city'), '?'), source: lit("it's") }),
    `select * replace (coalesce(city, '?') as city), 'it''s' as source ${from}`,
  );
});

test('groups and aggregates', async () => {
  const groups = dataset.groupBy('city', { hour: 'hour(departed)' }).agg({
    ...{
      n: count(),
      mean: avg(col('delay')),
      total: sum(col('delay')),
      first: min(col('departed')),
      last: max(col('departed')),
    },
    ...{ different: countDistinct(col('delay')), share: 'avg((delay > 15)::int)' },
  });
  await check(
    groups,
    `select city, hour(departed) as hour, count(*) n, avg(delay) mean, sum(delay) total, min(departed) as first, max(departed) as last,
       count(distinct delay) different, avg((delay > 15)::int) as share ${from} group by all`,
  );
  await check(dataset.agg({ n: count(), none: sum(col('id')) }), `select count(*) n, sum(id) as none ${from}`);
});

test('windows', async () => {
  const windowed = dataset.window({
    partitionBy: ['city', sql`hour(departed)`],
    orderBy: ['delay desc', 'id'],
    columns: {
      nth: rowNumber(),
      ranked: rank(),
      dense: denseRank(),
      part: ntile(3),
      before: lag(col('delay'), 2, -1),
      behind: lead(col('the price')),
      most: firstValue(col('delay')),
      second: nthValue(col('id'), 2),
      sum: sum(col('delay')),
      share: 'percent_rank()',
      below: cumeDist(),
    },
  });
  const w = 'over (partition by city, hour(departed) order by delay desc, id)';
  await check(
    windowed,
    `select *, row_number() ${w} nth, rank() ${w} ranked, dense_rank() ${w} dense, ntile(3) ${w} part,
       lag(delay, 2, -1) ${w} as "before", lead("the price") ${w} behind, first_value(delay) ${w} most,
       nth_value(id, 2) ${w} as second, sum(delay) ${w} as sum, percent_rank() ${w} as share, cume_dist() ${w} below ${from}`,
  );
  const moving = dataset.window({ orderBy: 'id', rows: [-2, 1], columns: { n: count(), mean: avg(col('delay')) } });
  const frame = 'over (order by id rows between 2 preceding and 1 following)';
  await check(moving, `select *, count(*) ${frame} n, avg(delay) ${frame} mean ${from}`);
  const last = dataset.window({
    partitionBy: 'city',
    orderBy: 'id',
    rows: [0, null],
    columns: { last: lastValue(col('id')) },
  });
  await check(
    last.filter('last < 19999'),
    `select * from (select *, max(id) over (partition by city) as last ${from}) where last < 19999`,
  );
  await check(dataset.window({ columns: { all: count() } }), `select *, 20000::bigint as all ${from}`);
  assert.throws(() => dataset.window({ rows: [1, 0], columns: { n: count() } }), { code: 'PLAN_INVALID' });
  assert.throws(() => dataset.window({ columns: {} }), { code: 'PLAN_INVALID' });
  await assert.rejects(dataset.window({ columns: { id: count() } }).count(), { code: 'PLAN_INVALID' });
});

test('joins by pairs, names and conditions', async () => {
  const small = dataset.filter('id < 300');
  const [l, r] = [`(${from} where id < 300) l`, `'${cities}' r`];
  await check(small.join(names, { on: { city: 'code' } }), `select * from ${l} join ${r} on l.city = r.code`);
  await check(
    small.join(names.select({ city: 'code', name: 'name' }), { on: 'city', type: 'left' }),
    `select l.*, r.name from ${l} left join ${r} on l.city = r.code`,
  );
  await check(
    small.join(names, { on: sql`l.city = r.code and l.delay > ${100}` }),
    `select * from ${l} join ${r} on l.city = r.code and l.delay > 100`,
  );
});

test('order, limit, distinct, union, repartition', async () => {
  await check(
    dataset.orderBy('city desc nulls first', 'the price', col('id').desc()).limit(500, 100),
    `${from} order by city desc nulls first, "the price", id desc limit 500 offset 100`,
    true,
  );
  await check(dataset.select('city').distinct(), `select distinct city ${from}`);
  await check(dataset.union(dataset.filter('id < 5')), `${from} union all ${from} where id < 5`);
  await check(dataset.repartition(3, 'city'), from);
  await check(dataset.repartition(3), from);
});

const doubled = (batch: RecordBatch): RecordBatch | { n: number }[] =>
  Array.from(batch.getChild('id') ?? [], (id) => ({ n: Number(id) * 2 }));

test('functions over rows and batches', async () => {
  await check(
    dataset.map((row) => ({ text: `${row.city ?? 'none'} ${row.id}` }), { schema: { text: 'varchar' } }),
    `select coalesce(city, 'none') || ' ' || id as text ${from}`,
  );
  await check(
    dataset.flatMap((row) => (Number(row.id) % 2 === 0 ? [{ id: row.id }, { id: null }] : []), {
      schema: { id: 'bigint' },
    }),
    `select unnest([id, null]) as id ${from} where id % 2 = 0`,
  );
  await check(
    dataset.mapBatches((batch) => doubled(batch), { schema: { n: 'integer' } }),
    `select id * 2 as n ${from}`,
  );
});

async function* later<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

test('datasets that only the client holds', async () => {
  const expected = `select i::double as n, 'row ' || i as s from range(5000) t(i)`;
  const rows = Array.from({ length: 5000 }, (_, n) => ({ n, s: `row ${n}` }));
  await check(cluster.from(rows), expected, true);
  await check(cluster.from(later(rows), { schema: { n: 'double', s: 'varchar' } }), expected, true);
  const table = new Table({
    code: vectorFromArray(['BOS', 'JFK', null], new Utf8()),
    n: vectorFromArray([1, null, 3], new Int32()),
  });
  const given = `(values ('BOS', 1), ('JFK', null), (null, 3)) t(code, n)`;
  await check(cluster.from(table), `from ${given}`, true);
  await check(cluster.from(table.batches).filter('n > 1'), `from ${given} where n > 1`);
  const joined = cluster.from(table).join(names, { on: 'code' });
  await check(joined, `select * from ${given} join '${cities}' using (code)`);
});

test('SQL text and templates', async () => {
  await check(
    cluster.sql(`select city, count(*) as n from '${sales}' group by city`),
    `select city, count(*) as n ${from} group by 1`,
  );
  await check(
    cluster.sql`select id from ${sales} where city = ${'BOS'} and delay > ${900}`,
    `select id ${from} where city = 'BOS' and delay > 900`,
  );
});

test('what is written reads back the same, in every format', async () => {
  for (const format of ['parquet', 'csv', 'ndjson', 'arrow'] as const) {
    const path = join(folder, `out-${format}`);
    const part = dataset.filter('id < 3000').select('id', 'city', 'the price');
    const written = await part.write[format](path);
    assert.deepEqual({ path: written.path, rows: written.rows }, { path, rows: 3000 });
    assert.equal(readdirSync(path).filter((name) => !name.startsWith('_')).length, written.files);
    await check(cluster.read[format](`${path}/*`), `select id, city, "the price" ${from} where id < 3000`);
    await assert.rejects(part.write[format](path), { code: 'DESTINATION_EXISTS' });
    await part.limit(1).write[format](path, { mode: 'overwrite' });
    assert.equal(await cluster.read[format](`${path}/*`).count(), 1);
  }
});

test('actions: collect, stream, count, schema, explain', async () => {
  const table = await dataset.orderBy('id').collect();
  assert.equal(table.numRows, 20_000);
  assert.equal(table.getChild('id')?.get(19_999), 19_999n);
  assert.equal(await dataset.filter('city is null').count(), 5000);
  assert.deepEqual(
    (await dataset.schema()).map(({ name }) => name),
    Object.keys(schema),
  );
  assert.match(await dataset.filter('delay > 3').explain(), /delay > 3/);
  const empty = await dataset.filter('id < 0').collect();
  assert.deepEqual([empty.numRows, empty.numCols], [0, 5]);
});

test('failures say what and where, and leave the cluster healthy', async () => {
  await assert.rejects(cluster.read.parquet(join(folder, 'nothing.parquet')).count(), { code: 'FILE_NOT_FOUND' });
  await assert.rejects(dataset.filter('dely > 3').count(), { code: 'COLUMN_UNKNOWN', next: /delay/ });
  const broken = dataset.map(
    (row) => {
      if (row.id === 77n) throw new Error('seventy-seven');
      return { n: 1 };
    },
    { schema: { n: 'integer' } },
  );
  await assert.rejects(broken.count(), { code: 'FUNCTION_THREW', message: /seventy-seven/ });
  await assert.rejects(dataset.count({ signal: AbortSignal.abort() }), { code: 'CANCELLED' });
  for await (const _ of dataset.stream()) break;
  assert.equal(await dataset.count(), 20_000);
});
