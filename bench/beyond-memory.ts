/**
 * Sort, join and aggregate of data that is a multiple of a cluster's memory: times, what is spilled, and the memory of
 * the workers. `npm run bench -- beyond-memory [MiB of each worker] [workers] [multiple]`.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { local } from '../client/index.ts';
import { rowsOf, sortJoinAggregate, writeRows } from '../test/support/cluster/beyond-memory.ts';
import { milliseconds, report } from './stopwatch.ts';

const [mebibytes = 256, workers = 2, multiple = 4] = process.argv.slice(2).map(Number);
const memoryLimitBytes = mebibytes * 2 ** 20;
const rows = rowsOf(multiple * workers * memoryLimitBytes);
const folder = join(import.meta.dirname, 'data', 'beyond-memory');
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

mkdirSync(folder, { recursive: true });
try {
  const path = join(folder, 'rows.parquet');
  writeRows(path, rows, join(folder, 'spill'));
  const config = { wideBytesMax: 0, slotMemoryBytesMin: Math.min(memoryLimitBytes, 256 * 2 ** 20) };
  await using cluster = await local({ workers, threads: 1, memoryLimitBytes, config });
  report(`${rows} rows, ${multiple} times the memory`, `${workers} × ${mebibytes} MiB`);
  const jobs = await sortJoinAggregate(cluster, path, rows);
  for (const [name, { submittedMs, endedMs = submittedMs, spilledBytes, peaks, attempts }] of Object.entries(jobs)) {
    report(`${name}: ${attempts} attempts`, milliseconds(endedMs - submittedMs));
    report(`${name}: spilled`, megabytes(spilledBytes));
    report(`${name}: highest memory of a worker`, megabytes(Math.max(...peaks.map((peak) => peak.peakRssBytes))));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
