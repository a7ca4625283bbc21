/**
 * TPC-H's 22 queries on Sheaf (as it comes, and distributing every question), DuckDB, Spark, Ballista, Daft and Dask:
 * the same files, threads and memory, one system after the other, and the answers compared with DuckDB's:
 * `npm run bench -- peers [scale factor] [systems, for example sheaf,spark] [query, for example q09, or '' for all]
 * [warm runs]`. Default: scale factor 1, three warm runs, and one from scale factor 10.
 *
 * Each system is started, runs each query once cold (its first run in these processes, the files in the page cache) and
 * then warm; a time ends when its client has the answer as Arrow. What does not install, or fails, is said below the
 * table.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { local, version } from '../client/index.ts';
import type { SettingName } from '../shared/config/config.ts';
import { tpchDirectory } from '../test/tpch/data.ts';
import { queriesOver, queryTexts } from '../test/tpch/queries.ts';
import { duckdbMemoryBytes, openDuckdb } from './data.ts';
import { difference } from './support/answers.ts';
import { installPeer, type Peer, peers, peersFolder } from './support/peer-install.ts';
import { askPeer } from './support/peer-process.ts';
import { measure, type System, show } from './support/peer-table.ts';

const scale = Number(process.argv[2] ?? 1);
const wanted = process.argv[3]?.toLowerCase().split(',');
const isWanted = ([name]: readonly [string, string]): boolean => name.includes(process.argv[4] ?? '');
const threads = availableParallelism();
const runs = Number(process.argv[5] ?? (scale >= 10 ? 1 : 3));
const workers = 2;

mkdirSync(peersFolder, { recursive: true });
const scratch = mkdtempSync(join(peersFolder, 'run-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
using duckdb = openDuckdb(threads);
const directory = tpchDirectory(scale, 122_880, duckdb.connection);
const queries = queriesOver(directory, duckdb.connection).filter(isWanted);
const answerPath = (system: string, query: string): string => join(scratch, 'answers', system, `${query}.parquet`);
const load = (): string => loadavg()[0]?.toFixed(1) ?? '?';

function systemNamed(name: string, version: string, configuration: unknown): System {
  mkdirSync(join(scratch, 'answers', name), { recursive: true });
  process.stderr.write(`${name} …\n`);
  return { name, version, configuration, load: load(), times: new Map(), failures: new Map(), notes: new Map() };
}

async function onDuckdb(): Promise<System> {
  const { connection } = duckdb;
  const [row] = connection.rows('SELECT version() AS version');
  const system = systemNamed('DuckDB', String(row?.version), { threads, memoryBytes: duckdbMemoryBytes });
  for (const [name, sql] of queries) {
    const run = (): void => {
      using query = connection.query(sql);
      for (const _batch of query);
    };
    system.times.set(name, await measure(runs, run));
    connection.execute(`COPY (${sql}) TO '${answerPath('DuckDB', name)}' (FORMAT parquet)`);
  }
  return system;
}

async function onSheaf(name: string, config: Partial<Record<SettingName, number>>): Promise<System> {
  const memoryLimitBytes = Math.floor(duckdbMemoryBytes / workers);
  const options = { workers, threads: Math.ceil(threads / workers), memoryLimitBytes, config };
  const system = systemNamed(name, version, options);
  await using cluster = await local(options);
  for (const [query, sql] of queries) {
    try {
      const times = await measure(runs, () => cluster.sql(sql).collect());
      await cluster.sql(sql).write.parquet(answerPath(name, query));
      judge(system, query, times, join(answerPath(name, query), '*.parquet'));
    } catch (error) {
      system.failures.set(query, String(error));
    }
  }
  return system;
}

async function onPeer(peer: Peer): Promise<System> {
  const python = installPeer(peer);
  const system = systemNamed(peer.name, '', {});
  const answers = join(scratch, 'answers', peer.name);
  const texts = Object.fromEntries(queryTexts().filter(isWanted));
  const request = { directory, queries: texts, threads, memoryBytes: duckdbMemoryBytes, runs, answers, scratch };
  const [lines, why] = await askPeer(python, peer.script, request);
  for (const line of lines) {
    if ('version' in line) Object.assign(system, line);
    else if ('error' in line) system.failures.set(line.query, line.error);
    else {
      judge(system, line.query, line, line.answer);
      if (line.note) system.notes.set(line.query, line.note);
    }
  }
  for (const [name] of queries) {
    if (!system.times.has(name) && !system.failures.has(name)) system.failures.set(name, why || 'no answer');
  }
  return system;
}

/** Only right answers count. */
function judge(system: System, query: string, times: Parameters<System['times']['set']>[1], answer: string): void {
  const differs = difference(answer, answerPath('DuckDB', query), duckdb.connection);
  if (differs) system.failures.set(query, `another answer than DuckDB's: ${differs}`);
  else system.times.set(query, times);
}

const candidates: [name: string, run: () => Promise<System>][] = [
  ['Sheaf', () => onSheaf('Sheaf', {})],
  ['distributed', () => onSheaf('distributed', { wideBytesMax: 0 })],
  ...peers.map((peer): [string, () => Promise<System>] => [peer.name, () => onPeer(peer)]),
];
const systems = [await onDuckdb()];
const absent: string[] = [];
for (const [name, run] of candidates) {
  if (wanted && !wanted.includes(name.toLowerCase())) continue;
  try {
    systems.push(await run());
  } catch (error) {
    absent.push(`${name} is not here: ${error instanceof Error ? error.message : error}`);
  }
}
process.stdout.write(
  `TPC-H at scale factor ${scale}, ${threads} threads, ${duckdbMemoryBytes / 2 ** 30} GiB, ${runs} warm runs; load ${load()} at the end\n`,
);
const names = queries.map(([name]) => name);
show(names, systems);
process.stdout.write(absent.map((line) => `${line}\n`).join(''));
