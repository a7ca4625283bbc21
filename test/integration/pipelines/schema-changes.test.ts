import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Cluster } from '../../../client/index.ts';
import { pipeline, quarantine, sink, source } from '../../../pipeline/index.ts';
import type { RunInfo } from '../../../pipeline/records/run.ts';
import type { TestCluster } from '../../support/cluster/cluster.ts';
import { PipelineLab } from '../../support/pipelines/pipeline-lab.ts';
import { startApi, type TestApi } from '../../support/servers/hostile-api.ts';

/** A source whose columns have changed since the last run: what `docs/failures.md` promises for each contract. */
let lab: PipelineLab;
let cluster: TestCluster;
let client: Cluster;
let api: TestApi;
/** What the API answers with. */
let events: readonly object[] = [];
before(async () => {
  lab = await PipelineLab.start();
  api = await startApi(() => events);
  cluster = await lab.cluster(0);
  client = await cluster.connectToLeader();
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
});

type Contract = 'evolve' | 'freeze' | 'reject';
const retry = { attempts: 2, firstDelay: '20ms' } as const;
const rowsOf = (sql: string) => lab.postgres.query(sql);
const succeeded = ({ life }: RunInfo) => assert.equal(life.state, 'succeeded', JSON.stringify(life));
const errorOf = ({ life }: RunInfo) => (life.state === 'failed' ? life.error : assert.fail(JSON.stringify(life)));

const fromTable = (contract: Contract) =>
  pipeline(`table-${contract}`, {
    extract: source.postgres({ table: `people_${contract}`, incremental: 'id' }),
    load: sink.postgres(`people_${contract}_loaded`, { contract }),
    retry,
  });

/** A first run, then a column more and a wider type at the source, then another run. */
async function changedTable(contract: Contract): Promise<RunInfo> {
  const table = `people_${contract}`;
  await rowsOf(`CREATE TABLE ${table} (id int, size smallint); INSERT INTO ${table} VALUES (1, 10), (2, 20)`);
  succeeded(await client.pipelines.run(fromTable(contract)));
  await rowsOf(`ALTER TABLE ${table} ADD COLUMN email text; ALTER TABLE ${table} ALTER size TYPE int;
    INSERT INTO ${table} VALUES (3, 30, NULL), (4, 70000, NULL), (5, 50, 'e@example.com')`);
  return await client.pipelines.run(fromTable(contract));
}

test('a table has a column more, and a wider one: evolve follows', async () => {
  succeeded(await changedTable('evolve'));
  assert.deepEqual(await rowsOf('SELECT * FROM people_evolve_loaded ORDER BY id'), [
    { id: 1, size: 10, email: null },
    { id: 2, size: 20, email: null },
    { id: 3, size: 30, email: null },
    { id: 4, size: 70_000, email: null },
    { id: 5, size: 50, email: 'e@example.com' },
  ]);
});

test('freeze refuses, names the differences, loads nothing, and is not tried again', async () => {
  const run = await changedTable('freeze');
  const { code, message } = errorOf(run);
  assert.deepEqual([code, run.attempt], ['SCHEMA_MISMATCH', 1]);
  assert.match(message, /size/);
  assert.match(message, /email/);
  assert.deepEqual(await rowsOf('SELECT id FROM people_freeze_loaded ORDER BY id'), [{ id: 1 }, { id: 2 }]);
  // The table is changed by hand: the next run goes on where the last good one left off.
  await rowsOf('ALTER TABLE people_freeze_loaded ADD COLUMN email text, ALTER size TYPE int');
  succeeded(await client.pipelines.run(fromTable('freeze')));
  assert.deepEqual(await rowsOf('SELECT count(*)::int AS n FROM people_freeze_loaded'), [{ n: 5 }]);
});

test('reject loads what fits, and keeps the rest with its reasons', async () => {
  succeeded(await changedTable('reject'));
  assert.deepEqual(await rowsOf('SELECT id FROM people_reject_loaded ORDER BY id'), [{ id: 1 }, { id: 2 }, { id: 3 }]);
  const rejects = await rowsOf("SELECT row::json->>'id' AS id, reason FROM sheaf_rejects ORDER BY 1");
  assert.deepEqual(
    rejects.map(({ id }) => id),
    ['4', '5'],
  );
  assert.match(String(rejects[0]?.reason), /size/);
  assert.match(String(rejects[1]?.reason), /email/);
});

test('a column is gone from the table: rows come without it', async () => {
  await rowsOf('CREATE TABLE narrow (id int, note text); INSERT INTO narrow VALUES (1, $$a$$)');
  const narrow = pipeline('narrow', {
    extract: source.postgres({ table: 'narrow', incremental: 'id' }),
    load: sink.postgres('narrow_loaded'),
  });
  succeeded(await client.pipelines.run(narrow));
  await rowsOf('ALTER TABLE narrow DROP COLUMN note; INSERT INTO narrow VALUES (2)');
  succeeded(await client.pipelines.run(narrow));
  assert.deepEqual(await rowsOf('SELECT * FROM narrow_loaded ORDER BY id'), [
    { id: 1, note: 'a' },
    { id: 2, note: null },
  ]);
});

test('an API answers with a field more: a column of the next run; freeze refuses', async () => {
  const fromApi = (contract: Contract) =>
    pipeline(`api-${contract}`, {
      extract: source.rest({ url: `${api.url}/events` }),
      load: sink.postgres(`events_${contract}`, { contract, mode: 'replace' }),
      retry,
    });
  events = [{ id: 1, kind: 'a' }];
  for (const contract of ['evolve', 'freeze'] as const) succeeded(await client.pipelines.run(fromApi(contract)));
  events = [{ id: 1, kind: 'a', place: { city: 'Oslo' } }, { id: 2 }];
  succeeded(await client.pipelines.run(fromApi('evolve')));
  assert.deepEqual(await rowsOf('SELECT id::int, kind, place_city FROM events_evolve ORDER BY id'), [
    { id: 1, kind: 'a', place_city: 'Oslo' },
    { id: 2, kind: null, place_city: null },
  ]);
  const { code, message } = errorOf(await client.pipelines.run(fromApi('freeze')));
  assert.equal(code, 'SCHEMA_MISMATCH');
  assert.match(message, /place_city/);
  assert.deepEqual(await rowsOf('SELECT id::int FROM events_freeze'), [{ id: 1 }]);
});

test('an API answers with another type: the row is rejected, with its page and its place', async () => {
  events = [
    { id: 1, total: 5 },
    { id: 2, total: 'none' },
    { id: 3, total: 7, extra: true },
  ];
  const path = `${cluster.folder}/rejects`;
  const run = await client.pipelines.run(
    pipeline('typed', {
      extract: source.rest({
        url: `${api.url}/events`,
        schema: { id: 'bigint', total: 'double' },
        unknownFields: 'reject',
      }),
      onReject: quarantine(path),
      load: sink.postgres('typed'),
    }),
  );
  succeeded(run);
  assert.deepEqual(await rowsOf('SELECT id::int, total FROM typed'), [{ id: 1, total: 5 }]);
  const kept = client.read.parquet(path);
  const rejects = [];
  for await (const row of client.sql`SELECT reason, source, position::INT AS position FROM ${kept} ORDER BY position`.rows())
    rejects.push(row);
  assert.deepEqual(
    rejects.map(({ position }) => position),
    [2, 3],
  );
  assert.match(String(rejects[0]?.reason), /total/);
  assert.match(String(rejects[0]?.source), /\/events/);
  assert.match(String(rejects[1]?.reason), /extra/);
});
