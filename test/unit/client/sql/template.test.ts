import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from '../../../../client/cluster.ts';
import type { Draft, Resolver } from '../../../../client/dataset/draft.ts';
import { col } from '../../../../client/index.ts';
import { fakeSession } from '../../../support/cluster/fake-session.ts';

const cluster = new Cluster(fakeSession(), async () => {});
const flights = cluster.read.parquet('/data/flights.parquet');
const late = flights.filter(col('delay').gt(15));

const nothingLocal: Resolver = {
  uploadDataset: () => assert.fail('a dataset of the client'),
  bundleFunction: () => assert.fail('a function of the client'),
};
const plan = async (dataset: { readonly draft: Draft }) =>
  JSON.parse(JSON.stringify(await dataset.draft(nothingLocal)));

test('datasets become tables, values parameters, expressions SQL', async () => {
  const sent = await plan(
    cluster.sql`select ${col('origin')}, a.b from ${late} l, ${flights} f, ${late} m where x = ${"it's"} and y > ${3}`,
  );
  assert.deepEqual(sent, {
    kind: 'sql',
    text: 'select "origin", a.b from "dataset1" l, "dataset2" f, "dataset1" m where x = $1 and y > $2',
    relations: [
      { name: 'dataset1', plan: await plan(late) },
      { name: 'dataset2', plan: await plan(flights) },
    ],
    parameters: [
      { name: '1', sql: "'it''s'" },
      { name: '2', sql: '3' },
    ],
  });
});

test('names that the text has itself are left to it', async () => {
  const { text } = await plan(cluster.sql`with Dataset1 as (select 1) select * from dataset1, ${late}`);
  assert.match(text, /from dataset1, "dataset_1"/);
});

test('values where files are named stay paths, made absolute', async () => {
  const path = "it's.parquet";
  const { text, parameters } = await plan(
    cluster.sql`select * from ${path} join read_csv(${'a.csv'}) using (id) where name = ${path}`,
  );
  const folder = process.cwd();
  assert.equal(
    text,
    `select * from '${folder}/it''s.parquet' join read_csv('${folder}/a.csv') using (id) where name = $1`,
  );
  assert.deepEqual(parameters, [{ name: '1', sql: "'it''s.parquet'" }]);
});

test('text takes parameters by name and by number', async () => {
  const named = await plan(cluster.sql('select $a', { a: 1n }));
  assert.deepEqual(named, { kind: 'sql', text: 'select $a', parameters: [{ name: 'a', sql: '1' }] });
  const numbered = await plan(cluster.sql('select ?, ?', ['x', null]));
  assert.deepEqual(numbered.parameters, [
    { name: '1', sql: "'x'" },
    { name: '2', sql: 'NULL' },
  ]);
  assert.deepEqual(await plan(cluster.sql('select 1')), { kind: 'sql', text: 'select 1' });
});

test('a dataset of another connection is refused', () => {
  const other = new Cluster(fakeSession(), async () => {}).read.parquet('/x.parquet');
  assert.throws(() => cluster.sql`select * from ${other}`, { code: 'PLAN_INVALID' });
});
