import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CopyEncoder, copyHeader, copyTrailer } from '../connectors/postgres/encode/copy-encoder.ts';
import { stagedColumns } from '../connectors/postgres/sink/prepare.ts';
import { postgresSink } from '../connectors/postgres/sink/sink.ts';
import { postgresSource } from '../connectors/postgres/source/source.ts';
import type { Batch } from '../shared/arrow/batch.ts';
import { loadConfig } from '../shared/config/config.ts';
import { createLogger } from '../shared/log.ts';
import { startPostgres } from '../test/support/servers/postgres.ts';
import { openDuckdb } from './data.ts';
import { medianMs, milliseconds, ratio, report } from './stopwatch.ts';

/**
 * Loading into PostgreSQL and reading from it against bare COPY: psql with a file of the same rows, in one run on one
 * connection each. `npm run bench -- postgres [rows]`
 */
const rows = Number(process.argv[2] ?? 2_000_000);
const runs = 3;
// What a server of one's own has: logged tables, and checkpoints that do not fall into a measurement. Nothing is forced
// to disk.
await using server = await startPostgres({
  shared_buffers: "'512MB'",
  max_wal_size: "'8GB'",
  wal_level: 'replica',
  checkpoint_timeout: "'1h'",
});
const folder = mkdtempSync(join(tmpdir(), 'sheaf-bench-'));
using duckdb = openDuckdb(1);
const select = `SELECT i::INTEGER AS id, i * 1000000007 AS big, (hash(i) % 10000000)::DOUBLE / 100 AS d,
  (hash(i * 3) % 1000000000)::DECIMAL(12,0) AS amount, 'comment ' || (hash(i * 47) % 1000000)::VARCHAR || ' final deposits' AS s,
  TIMESTAMP '2024-01-01' + i * INTERVAL 1 second AS ts, DATE '1990-01-01' + (i % 10000)::INTEGER AS day, ['A', 'N', 'R'][1 + i % 3] AS f
  FROM range(${rows}) t(i)`;
const schema = duckdb.connection.describe(select);
using query = duckdb.connection.query(select);
const batches: Batch[] = [...query];
const types = stagedColumns(schema);
const create = (table: string) =>
  server.query(
    `DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (${types.map(({ name, type }) => `${name} ${type}`).join(', ')})`,
  );

const psql = (sql: string): void => {
  const { status, stderr } = spawnSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', server.url, '-c', sql], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
};

const binary = join(folder, 'rows.binary');
const file = openSync(binary, 'w');
writeSync(file, copyHeader);
const encoder = new CopyEncoder(
  query.schema.fields,
  types.map(({ type }) => type),
  1 << 20,
);
for (const batch of batches) for (const chunk of encoder.encode(batch)) writeSync(file, chunk);
writeSync(file, copyTrailer);
await create('bare');
psql(`\\copy bare FROM '${binary}' (FORMAT binary)`);
const text = join(folder, 'rows.text');
psql(`\\copy bare TO '${text}'`);
report('rows', `${(rows / 1e6).toFixed(1)} M`);
report(
  'as binary COPY, as text',
  `${(statSync(binary).size / 1e6).toFixed(0)}, ${(statSync(text).size / 1e6).toFixed(0)} MB`,
);

const encodeMs = await medianMs(runs, () => {
  for (const batch of batches) for (const _ of encoder.encode(batch));
});
report('encoding alone', `${milliseconds(encodeMs)}, ${(rows / encodeMs / 1000).toFixed(1)} M rows/s`);

const timed = (work: () => unknown) =>
  medianMs(runs, async () => {
    await create('bare');
    await work();
  });
const bareBinary = await timed(() => psql(`\\copy bare FROM '${binary}' (FORMAT binary)`));
const bareText = await timed(() => psql(`\\copy bare FROM '${text}'`));
const bare = Math.min(bareBinary, bareText);
report('bare COPY FROM, binary', milliseconds(bareBinary));
report('bare COPY FROM, text', milliseconds(bareText));

const context = {
  config: loadConfig(),
  log: createLogger({ name: 'bench', level: 'silent' }),
  signal: new AbortController().signal,
};
let loads = 0;
async function load(direct: boolean): Promise<void> {
  const options = postgresSink.parse({ connection: server.url, table: 'bare', mode: 'append', direct });
  const sink = { ...context, run: `bench-${loads++}`, pipeline: 'bench', output: 'rows', schema };
  const prepared = await postgresSink.prepare(options, sink);
  const writing = { ...sink, prepared, attempt: '0', alone: true, directory: folder };
  const receipt = await postgresSink.write(options, { schema: query.schema, batches }, writing);
  await postgresSink.commit(options, [receipt], { ...sink, prepared, cursors: {}, mustLead: () => {} });
}
const directMs = await timed(() => load(true));
const stagedMs = await timed(() => load(false));
report('loaded directly', `${milliseconds(directMs)}  ${(bare / directMs).toFixed(2)} of bare`);
report('loaded through staging, one task', `${milliseconds(stagedMs)}  ${(bare / stagedMs).toFixed(2)} of bare`);

await server.query('VACUUM ANALYZE bare');
const outBinary = await medianMs(runs, () => psql("\\copy bare TO '/dev/null' (FORMAT binary)"));
const outText = await medianMs(runs, () => psql("\\copy bare TO '/dev/null'"));
report('bare COPY TO, binary', milliseconds(outBinary));
report('bare COPY TO, text', milliseconds(outText));
const source = postgresSource.parse({ connection: server.url, table: 'bare' });
async function extract(tasks: number): Promise<void> {
  const listing = await postgresSource.list(source, { ...context, slots: tasks });
  const pieces = listing.pieces.map(({ piece }) => piece);
  const shares = Array.from({ length: tasks }, (_, task) => pieces.filter((_piece, i) => i % tasks === task));
  let read = 0;
  await Promise.all(
    shares.map(async (share) => {
      const reading = { ...context, columns: listing.schema, directory: folder, permit: () => Promise.resolve() };
      for await (const batch of (await postgresSource.read(source, share, reading)).batches) read += batch.rows;
    }),
  );
  await listing.release?.();
  if (read !== rows) throw new Error(`${read} rows`);
}
const out = Math.min(outBinary, outText);
for (const tasks of [1, 2]) {
  const ms = await medianMs(runs, () => extract(tasks));
  report(`extracted by ${tasks} connection(s), one thread`, `${milliseconds(ms)}  ${(out / ms).toFixed(2)} of bare`);
}
report('extracting against loading directly', ratio(out, bare));
rmSync(folder, { recursive: true, force: true });
