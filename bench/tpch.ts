/**
 * TPC-H's 22 queries: DuckDB itself, an embedded cluster as it comes, and one that distributes every question, with the
 * same threads and memory, on the same files, one after the other:
 * `npm run bench -- tpch [scale factor, default 1] [query, for example q09]`. Cold is a query's first run in its
 * processes, the files in the page cache; warm the median of those after.
 */
import { availableParallelism, loadavg } from 'node:os';
import { type Cluster, local } from '../client/index.ts';
import type { Connection } from '../shared/duckdb/connection.ts';
import { tpchDirectory } from '../test/tpch/data.ts';
import { queriesOver } from '../test/tpch/queries.ts';
import { duckdbMemoryBytes, openDuckdb } from './data.ts';
import { median, ratio } from './stopwatch.ts';

const scale = Number(process.argv[2] ?? 1);
const wanted = process.argv[3] ?? '';
const threads = availableParallelism();
const runs = scale >= 10 ? 1 : 3;
const workers = 2;
/** As DuckDB writes Parquet by default. */
const rowGroupRows = 122_880;

/** Answers a query and says how many rows it has. */
type Engine = (sql: string) => Promise<number>;

/** As Arrow batches, as a cluster's client gets them. */
const duckdbEngine =
  (connection: Connection): Engine =>
  async (sql) => {
    using query = connection.query(sql);
    let rows = 0;
    for (const batch of query) rows += batch.rows;
    return rows;
  };

const clusterEngine =
  (cluster: Cluster): Engine =>
  async (sql) =>
    (await cluster.sql(sql).collect()).numRows;

const start = (config: { wideBytesMax?: number }) =>
  local({
    workers,
    threads: Math.ceil(threads / workers),
    memoryLimitBytes: Math.floor(duckdbMemoryBytes / workers),
    config,
  });

using duckdb = openDuckdb(threads);
const directory = tpchDirectory(scale, rowGroupRows, duckdb.connection);
await using standard = await start({});
await using distributed = await start({ wideBytesMax: 0 });
const engines: Readonly<Record<string, Engine>> = {
  DuckDB: duckdbEngine(duckdb.connection),
  Sheaf: clusterEngine(standard),
  distributed: clusterEngine(distributed),
};

interface Times {
  readonly coldMs: number;
  readonly warmMs: number;
}

async function measured(engine: Engine, sql: string): Promise<Times & { readonly rows: number }> {
  const times: number[] = [];
  let rows = 0;
  for (let run = 0; run <= runs; run++) {
    const startedMs = performance.now();
    rows = await engine(sql);
    times.push(performance.now() - startedMs);
  }
  const [coldMs = 0, ...warm] = times;
  return { coldMs, warmMs: median(warm), rows };
}

const line = (...cells: readonly string[]): void =>
  void process.stdout.write(`${cells.map((cell, i) => (i === 0 ? cell.padEnd(8) : cell.padStart(12))).join('')}\n`);
const ms = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`;

function show(name: string, times: readonly Times[]): void {
  const [theirs, ours, spread] = times;
  if (theirs === undefined || ours === undefined || spread === undefined) return;
  const warm = times.map(({ warmMs }) => ms(warmMs));
  const cold = times.map(({ coldMs }) => ms(coldMs));
  line(name, ...warm, ratio(ours.warmMs, theirs.warmMs), ratio(spread.warmMs, theirs.warmMs), ...cold);
}

const load = (): string => loadavg()[0]?.toFixed(1) ?? '?';
process.stdout.write(
  `TPC-H at scale factor ${scale}, ${threads} threads and ${duckdbMemoryBytes / 2 ** 30} GiB each, load ${load()}\n`,
);
line('', ...Object.keys(engines), 'Sheaf/', 'distr./', ...Object.keys(engines).map((name) => `${name} 1st`));
const totals = Object.keys(engines).map(() => ({ coldMs: 0, warmMs: 0 }));
for (const [name, sql] of queriesOver(directory, duckdb.connection)) {
  if (!name.includes(wanted)) continue;
  const times: Times[] = [];
  let expected: number | undefined;
  for (const [engine, answer] of Object.entries(engines)) {
    const found = await measured(answer, sql);
    expected ??= found.rows;
    if (found.rows !== expected) throw new Error(`${name}: ${engine} has ${found.rows} rows, DuckDB ${expected}`);
    times.push(found);
  }
  for (const [i, total] of totals.entries()) {
    total.coldMs += times[i]?.coldMs ?? 0;
    total.warmMs += times[i]?.warmMs ?? 0;
  }
  show(name, times);
}
show('total', totals);
process.stdout.write(`load ${load()}\n`);
