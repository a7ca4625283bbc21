import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from '../../../../client/cluster.ts';
import type { Dataset } from '../../../../client/dataset/dataset.ts';
import type { Resolver } from '../../../../client/dataset/draft.ts';
import { avg, col, count, sql } from '../../../../client/index.ts';
import { fakeSession } from '../../../support/cluster/fake-session.ts';

const cluster = new Cluster(fakeSession(), async () => {});
const table = cluster.read.parquet('/data/t.parquet');
const scan = { kind: 'scan', format: 'parquet', paths: ['/data/t.parquet'], options: {} };

const resolver: Resolver = {
  uploadDataset: async () => ({ kind: 'dataset', id: 'd1', schema: [] }),
  bundleFunction: async ({ mode, params, site }) => ({
    sha256: `${mode} ${site.method}`,
    name: mode,
    async: false,
    params,
  }),
};

/** The plan as it would be sent. */
const planOf = async <S extends Readonly<Record<string, string>>>(dataset: Dataset<S>): Promise<unknown> =>
  JSON.parse(JSON.stringify(await dataset.draft(resolver)));

test('reading takes paths as they are here, options, and a schema', async () => {
  const dataset = cluster.read.csv(['a.csv', '/b/*.csv'], { schema: { x: 'integer' }, delimiter: ';', header: true });
  assert.deepEqual(await planOf(dataset), {
    kind: 'scan',
    format: 'csv',
    paths: [`${process.cwd()}/a.csv`, '/b/*.csv'],
    options: { delimiter: ';', header: true, schema: [{ name: 'x', type: 'integer' }] },
  });
  assert.throws(() => cluster.read.ndjson([]), { code: 'PLAN_INVALID' });
  assert.throws(() => cluster.read.arrow('gs://bucket/x.arrow'), { code: 'NOT_SUPPORTED' });
});

test('filters are SQL text, expressions or functions', async () => {
  assert.deepEqual(await planOf(table.filter('delay > 15').filter(col('a b').eq("it's"))), {
    kind: 'filter',
    predicate: `("a b" = 'it''s')`,
    input: { kind: 'filter', predicate: 'delay > 15', input: scan },
  });
  assert.deepEqual(await planOf(table.filter(() => true, { params: { least: 3 }, deterministic: false })), {
    kind: 'call',
    mode: 'filter',
    input: scan,
    function: { sha256: 'filter filter', name: 'filter', async: false, params: { least: 3 } },
    deterministic: false,
  });
});

test('columns are names, named expressions, or objects of expressions and SQL', async () => {
  assert.deepEqual(await planOf(table.select('a"b', col('x').add(1).as('y'), { z: 'f(q)', w: col('v') })), {
    kind: 'project',
    input: scan,
    columns: [
      { name: 'a"b', sql: '"a""b"' },
      { name: 'y', sql: '("x" + 1)' },
      { name: 'z', sql: 'f(q)' },
      { name: 'w', sql: '"v"' },
    ],
  });
  assert.deepEqual(await planOf(table.withColumns({ late: 'delay > 15' })), {
    kind: 'extend',
    input: scan,
    columns: [{ name: 'late', sql: 'delay > 15' }],
  });
});

test('groups have keys and aggregates', async () => {
  const routes = table
    .groupBy('origin', { hour: 'hour(t)' })
    .agg({ n: count(), mean: avg(col('delay')), share: 'avg(1)' });
  assert.deepEqual(await planOf(routes), {
    kind: 'aggregate',
    input: scan,
    keys: [
      { name: 'origin', sql: '"origin"' },
      { name: 'hour', sql: 'hour(t)' },
    ],
    aggregates: [
      { name: 'n', sql: 'count(*)' },
      { name: 'mean', sql: 'avg("delay")' },
      { name: 'share', sql: 'avg(1)' },
    ],
  });
  assert.deepEqual(await planOf(table.agg({ n: 'count(*)' })), {
    kind: 'aggregate',
    input: scan,
    keys: [],
    aggregates: [{ name: 'n', sql: 'count(*)' }],
  });
});

test('joins are by common names, by pairs, or by a condition', async () => {
  const right = cluster.read.parquet('/data/r.parquet');
  const join = { kind: 'join', left: scan, right: { ...scan, paths: ['/data/r.parquet'] } };
  const using = (columns: readonly string[]) => ({ ...join, type: 'inner', on: { kind: 'using', columns } });
  assert.deepEqual(await planOf(table.join(right, { on: 'a' })), using(['a']));
  assert.deepEqual(await planOf(table.join(right, { on: ['a', 'b'] })), using(['a', 'b']));
  assert.deepEqual(await planOf(table.join(right, { on: { origin: 'ia"ta', x: 'y' }, type: 'left' })), {
    ...join,
    type: 'left',
    on: { kind: 'condition', sql: 'l."origin" = r."ia""ta" AND l."x" = r."y"' },
  });
  assert.deepEqual(await planOf(table.join(right, { on: sql`l.a < r.b` })), {
    ...join,
    type: 'inner',
    on: { kind: 'condition', sql: '(l.a < r.b)' },
  });
  assert.throws(() => table.join(right, { on: [] }), { code: 'PLAN_INVALID' });
  assert.throws(() => table.join(right, { on: {} }), { code: 'PLAN_INVALID' });
});

test('sort keys quote names and leave other SQL alone', async () => {
  const known = table.select('order', 'odd name', 'a');
  const keysOf = async (dataset: Dataset) => ((await planOf(dataset)) as { keys: string[] }).keys;
  assert.deepEqual(await keysOf(known.orderBy('order', 'odd name desc', 'a ASC NULLS FIRST') as unknown as Dataset), [
    '"order"',
    '"odd name" desc',
    '"a" ASC NULLS FIRST',
  ]);
  assert.deepEqual(await keysOf(table.orderBy('a + b desc', 'desc', '"q" asc', 'x nulls last', col('y').desc())), [
    'a + b desc',
    '"desc"',
    '"q" asc',
    '"x" nulls last',
    '"y" DESC',
  ]);
});

test('limit, distinct, union, repartition', async () => {
  assert.deepEqual(await planOf(table.limit(5, 2)), { kind: 'limit', input: scan, limit: 5, offset: 2 });
  assert.deepEqual(await planOf(table.distinct()), { kind: 'distinct', input: scan });
  assert.deepEqual(await planOf(table.union(table, table)), { kind: 'union', inputs: [scan, scan, scan] });
  assert.deepEqual(await planOf(table.repartition(4, 'a"')), {
    kind: 'repartition',
    input: scan,
    partitions: 4,
    keys: ['"a"""'],
  });
  assert.throws(() => table.limit(1.5), { code: 'PLAN_INVALID' });
  assert.throws(() => table.limit(1, -1), { code: 'PLAN_INVALID' });
  assert.throws(() => table.repartition(0), { code: 'PLAN_INVALID' });
});

test('functions carry their mode, their params, and what they yield', async () => {
  const yielded = { schema: { word: 'varchar' } } as const;
  for (const [mode, dataset] of [
    ['mapBatches', table.mapBatches(() => [], yielded)],
    ['map', table.map(() => ({ word: '' }), yielded)],
    ['flatMap', table.flatMap(() => [], yielded)],
  ] as const) {
    assert.deepEqual(await planOf(dataset), {
      kind: 'call',
      mode,
      input: scan,
      function: { sha256: `${mode} ${mode}`, name: mode, async: false },
      schema: [{ name: 'word', type: 'varchar' }],
      deterministic: true,
    });
  }
});

test('SQL is text or a template, whose values are parameters; its files become absolute', async () => {
  assert.deepEqual(await planOf(cluster.sql("select * from 'x.parquet'")), {
    kind: 'sql',
    text: `select * from '${process.cwd()}/x.parquet'`,
    paths: [{ written: "'x.parquet'", absolute: `'${process.cwd()}/x.parquet'` }],
  });
  assert.deepEqual(await planOf(cluster.sql`select ${"it's"} from ${'/d/x.parquet'} where a > ${col('b')}`), {
    kind: 'sql',
    text: `select $1 from '/d/x.parquet' where a > "b"`,
    parameters: [{ name: '1', sql: "'it''s'" }],
  });
});

test('a dataset is immutable: what is derived from it leaves it alone', async () => {
  const before = await planOf(table);
  table.filter('x').limit(1);
  assert.deepEqual(await planOf(table), before);
});
