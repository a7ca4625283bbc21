import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Cluster } from '../../../client/index.ts';
import { accessLog, expect, pipeline, quarantine, secret, sink, source } from '../../../pipeline/index.ts';
import type { RunInfo } from '../../../pipeline/records/run.ts';
import { type TestCluster, until } from '../../support/cluster/cluster.ts';
import { allCleaned, filesBelow, PipelineLab } from '../../support/pipelines/pipeline-lab.ts';
import { type Answering, startApi } from '../../support/servers/hostile-api.ts';

/** The named faults of a load, each with the outcome that `docs/failures.md` promises. */
let lab: PipelineLab;
let cluster: TestCluster;
let client: Cluster;
before(async () => {
  lab = await PipelineLab.start();
  cluster = await lab.cluster(0, { env: { SHEAF_SECRET_API_KEY: 'the-key', SHEAF_SECRET_API_SECRET: 'the-secret' } });
  client = await cluster.connectToLeader();
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
});

const retry = { attempts: 3, firstDelay: '20ms' } as const;
const rowsOf = (sql: string) => lab.postgres.query(sql);
const succeeded = ({ life }: RunInfo) => assert.equal(life.state, 'succeeded', JSON.stringify(life));
const errorOf = ({ life }: RunInfo) => (life.state === 'failed' ? life.error : assert.fail(JSON.stringify(life)));
const collected = async (sql: string) => {
  const rows: Record<string, unknown>[] = [];
  for await (const row of client.sql(sql).rows()) rows.push({ ...row });
  return rows;
};

const line = (i: number) =>
  `10.0.0.${i % 256} - - [17/May/2015:10:05:03 +0000] "GET /${i} HTTP/1.1" 200 ${i} "-" "agent"`;

test('a bad line among many is kept with its file, its place and its reason, and replayed once', async () => {
  const log = join(cluster.folder, 'access.log');
  const lines = Array.from({ length: 200_000 }, (_, i) => line(i));
  lines[123_455] = '10.0.0.1 - - [nonsense';
  lines[77_776] = line(999_999);
  writeFileSync(log, `${lines.join('\n')}\n`);
  const path = join(cluster.folder, 'rejects');
  const load = (most: number) =>
    pipeline('lines', {
      extract: source.files(log, { format: accessLog() }),
      validate: [expect.between('bytes', 0, most)],
      onReject: quarantine(path),
      load: sink.postgres('lines'),
    });
  const run = await client.pipelines.run(load(500_000));
  succeeded(run);
  const position = Buffer.byteLength(lines.slice(0, 123_455).join('\n')) + 1;
  const kept = await collected(
    `SELECT rule, source, position::INT AS position, row, reason FROM read_parquet('${path}/lines/*/*.parquet') ORDER BY position`,
  );
  assert.equal(kept.length, 2);
  assert.deepEqual([kept[1]?.rule, kept[1]?.source, kept[1]?.row], ['malformed', log, lines[123_455]]);
  assert.ok([123_456, position].includes(Number(kept[1]?.position)), `position ${kept[1]?.position}`);
  assert.match(String(kept[1]?.reason), /\S/);
  assert.deepEqual([kept[0]?.rule, kept[0]?.source], ['between(bytes)', log]);
  assert.deepEqual(await rowsOf('SELECT count(*)::int AS n FROM lines'), [{ n: 199_998 }]);

  await client.pipelines.deploy(load(1_000_000));
  succeeded(await client.pipelines.replay(run.id));
  assert.deepEqual(await rowsOf('SELECT count(*)::int AS n, max(bytes)::int AS most FROM lines'), [
    { n: 199_999, most: 999_999 },
  ]);
  await assert.rejects(client.pipelines.replay(run.id), { code: 'NOT_SUPPORTED' });
  assert.deepEqual(await rowsOf('SELECT count(*)::int AS n FROM lines'), [{ n: 199_999 }]);
});

/** Ten pages of a hundred rows behind a token. */
const pages =
  (allow: (token: string | undefined) => boolean): Answering =>
  (asked, _, response) => {
    if (asked.url.pathname === '/token') return { access_token: `token-${++tokens}`, expires_in: 3600 };
    if (!allow(asked.headers.authorization)) return void response.writeHead(401).end('{"error": "expired"}');
    const page = Number(asked.url.searchParams.get('page') ?? 0);
    return { items: Array.from({ length: 100 }, (_, i) => ({ id: page * 100 + i })), pages: 10 };
  };
let tokens = 0;
const pagination = { kind: 'page', param: 'page', first: 0, total: { of: 'pages', path: 'pages' } } as const;

test('a token of OAuth 2 expires in mid-load: another is asked for', async () => {
  let uses = 0;
  await using api = await startApi(
    pages((token) => (++uses > 4 ? token === `Bearer token-${tokens}` && tokens > 2 : true)),
  );
  const run = await client.pipelines.run(
    pipeline('oauth', {
      extract: source.rest({
        url: `${api.url}/items`,
        rows: 'items',
        pagination,
        auth: { kind: 'oauth2', tokenUrl: `${api.url}/token`, clientId: 'sheaf', clientSecret: secret('API_SECRET') },
      }),
      load: sink.postgres('by_oauth'),
    }),
  );
  succeeded(run);
  // One by the coordinator, two by the worker, however many requests found out at once.
  assert.equal(tokens, 3);
  assert.deepEqual(await rowsOf('SELECT count(DISTINCT id)::int AS n, count(*)::int AS all FROM by_oauth'), [
    { n: 1000, all: 1000 },
  ]);
});

test('a bearer token expires in mid-load: UNAUTHENTICATED, not tried again, nothing loaded', async () => {
  let uses = 0;
  await using api = await startApi(pages(() => ++uses <= 4));
  const run = await client.pipelines.run(
    pipeline('bearer', {
      extract: source.rest({
        url: `${api.url}/items`,
        rows: 'items',
        pagination,
        auth: { kind: 'bearer', token: secret('API_KEY') },
      }),
      load: sink.postgres('by_bearer'),
      retry,
    }),
  );
  const { code, message } = errorOf(run);
  assert.deepEqual([code, run.attempt], ['UNAUTHENTICATED', 1], message);
  assert.deepEqual(await rowsOf("SELECT to_regclass('by_bearer') AS there"), [{ there: null }]);
  await allCleaned(client);
  assert.deepEqual(await lab.stagingTables(), []);
});

const copying = (what: string) =>
  rowsOf(`SELECT pid FROM pg_stat_activity WHERE application_name = 'sheaf' AND query LIKE '${what}'`);
/**
 * Ends the sessions that are in the middle of such a statement, once it has begun: the server looks every millisecond.
 */
const endCopies = (what: string) =>
  rowsOf(`SET statement_timeout = '30s'; DO $$ DECLARE ended int := 0; BEGIN
    WHILE ended = 0 LOOP
      PERFORM pg_sleep(0.001), pg_stat_clear_snapshot();
      SELECT count(pg_terminate_backend(pid)) INTO ended FROM pg_stat_activity
        WHERE application_name = 'sheaf' AND state = 'active' AND query LIKE '${what}';
    END LOOP; END $$`);

for (const [side, what] of [
  ['reading', 'COPY (%TO STDOUT%'],
  ['writing', 'COPY "public"."sheaf_stage%'],
] as const) {
  test(`the connection drops in the middle of COPY, while ${side}: each row once`, async () => {
    await rowsOf(
      `DROP TABLE IF EXISTS many; CREATE TABLE many AS SELECT i AS id, repeat('x', 200) AS t FROM generate_series(1, 200000) i`,
    );
    const load = pipeline(`copy-${side}`, {
      extract: source.postgres({ table: 'many', incremental: 'id' }),
      load: sink.postgres(`copied_${side}`),
      retry,
    });
    const ending = endCopies(what);
    const { id } = await client.pipelines.submit(load);
    await ending;
    succeeded(await client.pipelines.follow(id));
    assert.deepEqual(await rowsOf(`SELECT count(*)::int AS n, count(DISTINCT id)::int AS d FROM copied_${side}`), [
      { n: 200_000, d: 200_000 },
    ]);
    await allCleaned(client);
    assert.deepEqual([await lab.stagingTables(), await copying('COPY%')], [[], []]);
  });
}

test('a second run of a pipeline while one is under way: it waits, and loads what is new then', async () => {
  await rowsOf('CREATE TABLE ticks AS SELECT i AS id FROM generate_series(1, 50000) i');
  const ticks = pipeline('ticks', {
    extract: source.postgres({ table: 'ticks', incremental: 'id' }),
    load: sink.postgres('ticks_loaded'),
  });
  const ids = [];
  for (let n = 0; n < 3; n += 1) ids.push((await client.pipelines.submit(ticks)).id);
  const runs = await Promise.all(ids.map((id) => client.pipelines.follow(id)));
  runs.forEach(succeeded);
  const read = runs.map(({ life }) => (life.state === 'succeeded' ? life.summary.sources[0]?.rows : -1));
  assert.deepEqual(read, [50_000, 0, 0]);
  assert.deepEqual(await rowsOf('SELECT count(*)::int AS n FROM ticks_loaded'), [{ n: 50_000 }]);
});

test('the disk is full where files are staged: DISK_FULL, nothing loaded, nothing left, and the cluster goes on', async () => {
  await using small = await lab.cluster(0, { workers: 0 });
  const theirs = await small.connectToLeader();
  await small.addWorker({ fileBlocksMax: 2000 });
  await small.joined(1);
  await rowsOf(
    'CREATE TABLE large AS SELECT i AS id, md5(i::text) || md5((i * 7)::text) AS t FROM generate_series(1, 100000) i',
  );
  const path = join(small.folder, 'out');
  const load = (where: string) =>
    pipeline('large', {
      extract: source.postgres({ table: 'large', where }),
      load: sink.files(path, { format: 'csv' }),
      retry,
    });
  const run = await theirs.pipelines.run(load('true'));
  const { code, message } = errorOf(run);
  assert.deepEqual([code, run.attempt], ['DISK_FULL', 3], message);
  await allCleaned(theirs);
  assert.deepEqual(filesBelow(path), []);
  await until(
    () => filesBelow(small.folder).every((file) => !/exchange\/(?!sign$)|spool|scratch/.test(file)),
    'its jobs leave nothing',
  );
  succeeded(await theirs.pipelines.run(load('id <= 1000')));
  assert.equal(filesBelow(path).filter((file) => file.endsWith('.csv')).length, 1);
});
