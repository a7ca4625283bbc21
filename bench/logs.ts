/**
 * Lines of an access log into Arrow batches, one thread, against `grep -c` and DuckDB's CSV reader on the same file;
 * then loaded by pipelines on an embedded cluster. `npm run bench -- logs [million lines] [rounds]`.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { local } from '../client/index.ts';
import { accessLogColumns } from '../connectors/logs/format.ts';
import { read } from '../connectors/logs/read.ts';
import { accessLog, drop, type Pipeline, pipeline, sink, source } from '../pipeline/index.ts';
import type { Batch } from '../shared/arrow/batch.ts';
import { loadConfig } from '../shared/config/config.ts';
import { createLogger } from '../shared/log.ts';
import type { Column } from '../shared/schema.ts';
import { startPostgres } from '../test/support/servers/postgres.ts';
import { accessLines, dataDirectory, openDuckdb } from './data.ts';
import { median, medianMs, milliseconds, report } from './stopwatch.ts';

const [millions = 1, rounds = 3] = process.argv.slice(2).map(Number);
const lines = Math.round(millions * 1e6);
const path = accessLines(lines);
const { size: sizeBytes, mtimeMs: modifiedMs } = statSync(path);
const speed = (ms: number, threads = 1): string =>
  `${milliseconds(ms)}, ${(lines / ms / 1000 / threads).toFixed(2)} M lines/s${threads > 1 ? ' per core' : ''}`;
report(`${lines} lines`, `${Math.round(sizeBytes / 2 ** 20)} MiB`);

const config = loadConfig();
const context = {
  config,
  log: createLogger({ name: 'bench', level: 'silent' }),
  signal: new AbortController().signal,
  directory: dataDirectory,
  permit: () => Promise.resolve(),
};
const piece = { path, sizeBytes, modifiedMs, etag: null, compression: null, from: 0, to: sizeBytes };
const provenance: readonly Column[] = [
  { name: '_source', type: 'VARCHAR' },
  { name: '_position', type: 'BIGINT' },
  { name: '_rejected', type: 'VARCHAR' },
  { name: '_raw', type: 'VARCHAR' },
];

/** As a task does it: from the file to batches, which go away at once. */
function parse(columns: readonly Column[]): void {
  const options = { paths: [path], format: { kind: 'access' }, incremental: false } as const;
  let rows = 0;
  for (const batch of read(options, [piece], { ...context, columns }).batches as Iterable<Batch>) rows += batch.rows;
  if (rows !== lines) throw new Error(`${rows} rows`);
}

using duckdb = openDuckdb(1);
const asText = `read_csv('${path}', columns = {'line': 'VARCHAR'}, header = false, delim = E'\\x01', quote = '', escape = '', auto_detect = false)`;
const groups = '^(\\S+) (\\S+) (\\S+) \\[([^\\]]+)\\] "(\\S+) (\\S+) ([^"]*)" (\\d{3}) (\\S+) "([^"]*)" "([^"]*)"$';
const names = ['host', 'ident', 'usr', 'time', 'method', 'path', 'protocol', 'status', 'bytes', 'referer', 'agent'];
const all = names.map((name) => `max(r.${name})`).join(', ');

const columns: readonly Column[] = [...accessLogColumns];
const some = columns.filter(({ name }) => ['host', 'time', 'status', 'bytes'].includes(name));
const kept = [...some, ...provenance.filter(({ name }) => name === '_rejected')];
const works: Readonly<Record<string, () => void>> = {
  'grep -c " 404 "': () => {
    const { stdout } = spawnSync('grep', ['-c', ' 404 ', path], { encoding: 'utf8', env: { LC_ALL: 'C' } });
    if (Number(stdout) === 0) throw new Error('grep found nothing');
  },
  'DuckDB, 1 thread: each line as one text': () => duckdb.connection.execute(`SELECT max(line) FROM ${asText}`),
  'DuckDB, 1 thread: taken apart by a regular expression': () =>
    duckdb.connection.execute(
      `SELECT ${all} FROM (SELECT regexp_extract(line, '${groups.replaceAll("'", "''")}', ${JSON.stringify(names).replaceAll('"', "'")}) AS r FROM ${asText})`,
    ),
  'Sheaf, 1 thread: all columns, reasons and places': () => parse([...columns, ...provenance]),
  'Sheaf, 1 thread: all columns and reasons': () => parse([...columns, ...provenance.slice(2, 3)]),
  'Sheaf, 1 thread: four columns and reasons': () => parse(kept),
};
// Rounds alternate between all, so that a machine that becomes slower becomes so for each of them.
const times = new Map(Object.keys(works).map((name) => [name, [] as number[]]));
for (let round = 0; round <= rounds; round += 1) {
  for (const [name, work] of Object.entries(works)) {
    const startedMs = performance.now();
    work();
    if (round > 0) times.get(name)?.push(performance.now() - startedMs); // The first warms up.
  }
}
for (const [name, measured] of times) report(name, speed(median(measured)));

const threads = availableParallelism();
await using postgres = await startPostgres({ shared_buffers: "'512MB'", max_wal_size: "'8GB'" });
process.env.SHEAF_SECRET_POSTGRES_URL = postgres.url;
await using cluster = await local({ workers: 2, threads: Math.ceil(threads / 2) });
const extract = source.files(path, { format: accessLog() });
const folder = join(dataDirectory, 'loaded');

async function load(given: Pipeline): Promise<void> {
  const { life } = await cluster.pipelines.run(given);
  if (life.state !== 'succeeded') throw new Error(JSON.stringify(life));
  const { sources } = life.summary;
  if (sources[0]?.rows !== lines) throw new Error(JSON.stringify(sources));
}
const onReject = drop();
const parquet = await medianMs(rounds, async () => {
  rmSync(folder, { recursive: true, force: true });
  await load(pipeline('parquet', { extract, onReject, load: sink.files(folder) }));
});
report(`a pipeline into Parquet, ${threads} threads`, speed(parquet, threads));
const table = await medianMs(1, () =>
  load(pipeline('table', { extract, onReject, load: sink.postgres('requests', { mode: 'replace' }) })),
);
report(`a pipeline into PostgreSQL, ${threads} threads (of which the server takes its part)`, speed(table, threads));
rmSync(folder, { recursive: true, force: true });
