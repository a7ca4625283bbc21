import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ObjectStore } from '../../../connectors/s3/store.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import { duckdbAnswer } from '../../support/duckdb-answer.ts';
import { CommandLine } from '../../support/processes/command-line.ts';
import { startPostgres } from '../../support/servers/postgres.ts';
import { startS3 } from '../../support/servers/s3.ts';

const path = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url));
const example = path('examples/pipelines/requests.ts');
const lines = readFileSync(path('examples/data/apache_access.log'), 'utf8').split('\n').slice(0, -1);

interface RunInfo {
  readonly id: string;
  readonly life: {
    readonly state: string;
    readonly summary: {
      readonly sources: readonly { readonly rows: number; readonly rejected: number; readonly pieces: number }[];
      readonly outputs: readonly { readonly name: string; readonly rows: number; readonly rejected: number }[];
    };
  };
}

/** Log files in object storage, and where their requests go: a bucket and a database. */
async function startWorld() {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(new CommandLine());
  const postgres = stack.use(await startPostgres());
  const s3 = stack.use(await startS3());
  await s3.createBucket('logs');
  await s3.createBucket('warehouse');
  const store = await ObjectStore.open(s3.options, loadConfig({}));
  const work = join(place.folder, 'work');
  mkdirSync(work);
  /** @param name of the folder in each of the buckets */
  const run = async (name: string): Promise<RunInfo> => {
    const env = {
      ...s3.environment,
      SHEAF_SECRET_POSTGRES_URL: postgres.url,
      LOGS: `s3://logs/${name}/*.log.gz`,
      WAREHOUSE: `s3://warehouse/${name}`,
    };
    const { stdout, stderr, code } = await place.start(['run', example, '--json'], work, env).ended;
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as RunInfo;
  };
  const put = (key: string, bytes: Uint8Array) => store.put({ bucket: 'logs', key: `${key}.log.gz` }, bytes);
  const parquet = (name: string): string => `read_parquet('${s3.folderOf('warehouse')}/${name}/*/*.parquet')`;
  const kept = stack.move();
  return { postgres, work, put, run, parquet, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

test('logs in object storage into Parquet by day and a table: each line once, new objects only, rejects kept', async () => {
  await using world = await startWorld();
  const { postgres, work, run } = world;
  const put = (name: string, part: readonly string[]) => world.put(`web/${name}`, gzipSync(`${part.join('\n')}\n`));
  await put('a', lines.slice(0, 4000));
  await put('b', lines.slice(4000, 7000));

  const first = await run('web');
  const { sources, outputs } = first.life.summary;
  const malformed = lines.slice(0, 7000).filter((line) => !/^\S+ \S+ .*"[^"]*" "(?:[^"\\]|\\.)*"$/.test(line)).length;
  assert.deepEqual([sources[0]?.rows, sources[0]?.rejected, sources[0]?.pieces], [7000, malformed, 2]);
  const requests = outputs.find(({ name }) => name === 'requests');
  assert.equal((requests?.rows ?? 0) + (requests?.rejected ?? 0), 7000 - malformed);

  await put('c', lines.slice(7000));
  const second = await run('web');
  assert.deepEqual([second.life.summary.sources[0]?.rows, second.life.summary.sources[0]?.pieces], [3000, 1]);
  const third = await run('web');
  assert.deepEqual([third.life.state, third.life.summary.sources[0]?.rows], ['succeeded', 0], 'nothing is new');

  const bad = lines.length - loadedRows(first) - loadedRows(second);
  const files = world.parquet('web');
  const [loaded] = duckdbAnswer(
    `select count(*)::int as n, count(distinct day)::int as days, sum(bytes)::bigint as bytes from ${files}`,
  );
  assert.deepEqual([loaded?.n, loaded?.days], [lines.length - bad, 4]);
  const [table] = await postgres.query(
    'select sum(requests)::int as requests, min(hour)::text as hour from request_hours',
  );
  const [humans] = duckdbAnswer(`select count(*)::int as n from ${files} where not is_bot`);
  assert.deepEqual(table, { requests: humans?.n, hour: '2015-05-17 10:00:00' });

  const quarantined = duckdbAnswer(
    `select rule, source, position, row from read_parquet('${work}/out/rejects/requests/*/*.parquet') order by all`,
  );
  assert.equal(quarantined.length, bad);
  for (const { row, source, rule } of quarantined) {
    assert.match(String(source), /^s3:\/\/logs\/web\/[abc]\.log\.gz$/);
    if (rule === 'malformed') assert.ok(lines.includes(String(row)));
  }
});

test('a million lines: each one is loaded, or is among the rejects', async () => {
  await using world = await startWorld();
  const copies = 20;
  const part = gzipSync(`${Array.from({ length: copies }, () => lines.join('\n')).join('\n')}\n`, { level: 1 });
  const parts = 1_000_000 / (copies * lines.length);
  for (let i = 0; i < parts; i++) await world.put(`big/${i}`, part);
  const run = await world.run('big');
  assert.deepEqual([run.life.summary.sources[0]?.rows, run.life.summary.sources[0]?.rejected], [1_000_000, 100]);
  const [written] = duckdbAnswer(`select count(*)::int as n from ${world.parquet('big')}`);
  const rejected = run.life.summary.outputs.find(({ name }) => name === 'requests')?.rejected ?? 0;
  assert.deepEqual([written?.n, loadedRows(run)], [1_000_000 - 100 - rejected, 1_000_000 - 100 - rejected]);
});

const loadedRows = ({ life }: RunInfo): number =>
  life.summary.outputs.find(({ name }) => name === 'requests')?.rows ?? 0;
