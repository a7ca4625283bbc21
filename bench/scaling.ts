/**
 * Scaling efficiency from one worker to two, each with two threads, pinned to two cores of its own: the time on one
 * over twice the time on two, 1 being perfect. TPC-H, every question distributed, and the main job with its TypeScript
 * function: `npm run bench -- scaling [scale factor, default 1] [apart] [query]`. By default a worker reads the other's
 * files where they lie, as workers of one machine do; `apart` has it pull them, as from another machine.
 *
 * With one worker, client and coordinator are on its two cores; with two, on all four: the machine is doubled, and
 * nothing works on cores that are not counted. DuckDB with two threads and with four, pinned in the same way, and a
 * computation that shares nothing say what the machine itself gives. The runs take turns, so that other work on the
 * machine meets all.
 */
import { loadavg } from 'node:os';
import { type Cluster, connect } from '../client/index.ts';
import { startLocalCluster } from '../client/local/cluster.ts';
import { loadConfig } from '../shared/config/config.ts';
import { tpchDirectory } from '../test/tpch/data.ts';
import { queriesOver } from '../test/tpch/queries.ts';
import { duckdbMemoryBytes, openDuckdb } from './data.ts';
import { median } from './stopwatch.ts';
import { allowedCores, pin } from './support/cores.ts';
import { routes } from './support/routes.ts';
import { spinTime } from './support/spin.ts';

const scale = Number(process.argv[2] ?? 1);
const words = process.argv.slice(3);
const apart = words.includes('apart');
const wanted = words.find((word) => word !== 'apart') ?? '';
const runs = scale >= 10 ? 3 : 5;
/** Not counted: memory is touched for the first time, code is compiled, of two workers in twice as many threads. */
const warmUps = 2;
const threads = 2;
const cores = allowedCores().slice(0, 2 * threads);
const load = (): string => loadavg()[0]?.toFixed(1) ?? '?';
const print = (line: string): void => void process.stdout.write(`${line}\n`);

if (cores.length < 2 * threads) {
  print(
    `skipped: two workers of ${threads} cores each need ${2 * threads} cores, and this process may use ${cores.length}`,
  );
  process.exit();
}
process.env.SHEAF_BENCH_CORES = cores.join(',');
const config = loadConfig(process.env, { wideBytesMax: 0, ...(apart && { fetchRootAskMs: 0 }) });
const entry = (path: string): URL => new URL(path, import.meta.url);
const entries = { coordinator: entry('../cli/embedded/coordinator.ts'), worker: entry('support/pinned-worker.ts') };

/** Runs work on as many cores as so many workers have. */
const confined = (workers: number): void => pin(cores.slice(0, workers * threads));

async function start(workers: number) {
  confined(workers);
  const memoryLimitBytes = Math.floor(duckdbMemoryBytes / 2);
  return startLocalCluster({ config, workers, threads, memoryLimitBytes, entries });
}

type Work = () => unknown;

/** Medians, in ms, of warm runs on one and on two workers in turns. */
async function compared(one: Work, two: Work): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let run = 0; run < warmUps + runs; run++) {
    for (const [index, work] of [one, two].entries()) {
      confined(index + 1);
      const startedMs = performance.now();
      await work();
      if (run >= warmUps) times[index]?.push(performance.now() - startedMs);
    }
  }
  return [median(times[0]), median(times[1])];
}

const efficiency = ([one, two]: readonly [number, number]): string => (one / two / 2).toFixed(2);
const line = (...cells: readonly string[]): void =>
  print(cells.map((cell, i) => (i === 0 ? cell.padEnd(10) : cell.padStart(14))).join(''));
const show = (name: string, ...pairs: readonly [number, number][]): void =>
  line(name, ...pairs.flatMap((pair) => [...pair.map((ms) => ms.toFixed(0)), efficiency(pair)]));

await using first = await start(1);
await using second = await start(2);
await Promise.all([first.ready, second.ready]);
await using one = await connect(first.address);
await using two = await connect(second.address);
confined(1);
using half = openDuckdb(threads);
confined(2);
using whole = openDuckdb(2 * threads);
const directory = tpchDirectory(scale, 122_880, whole.connection);

const inDuckdb =
  (duckdb: typeof whole, sql: string): Work =>
  () => {
    using query = duckdb.connection.query(sql);
    for (const _batch of query);
  };
const onCluster =
  (cluster: Cluster, sql: string): Work =>
  () =>
    cluster.sql(sql).collect();

print(
  `cores ${cores.join(', ')}; TPC-H at scale factor ${scale}, distributed, ${apart ? 'workers as if on two machines' : 'workers of one machine'}; median of ${runs} after ${warmUps} more; load ${load()}`,
);
line('ms', 'one worker', 'two', 'efficiency', 'DuckDB, 2', '4 threads', 'efficiency');
const totals: [[number, number], [number, number]] = [
  [0, 0],
  [0, 0],
];
const spun: [number[], number[]] = [[], []];
for (const [name, sql] of queriesOver(directory, whole.connection)) {
  if (!name.includes(wanted)) continue;
  confined(2);
  for (const [index, times] of spun.entries()) times.push(await spinTime(cores.slice(0, (index + 1) * threads)));
  const ours = await compared(onCluster(one, sql), onCluster(two, sql));
  const theirs = await compared(inDuckdb(half, sql), inDuckdb(whole, sql));
  for (const [total, pair] of [
    [totals[0], ours],
    [totals[1], theirs],
  ] as const) {
    total[0] += pair[0];
    total[1] += pair[1];
  }
  show(name, ours, theirs);
}
show('total', ...totals);
show(
  'main job',
  await compared(
    () => routes(one).collect(),
    () => routes(two).collect(),
  ),
);
show('spinning', [median(spun[0]), median(spun[1])]);
print(`load ${load()}`);
