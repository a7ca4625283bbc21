import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type Batch, batchBytes } from '../shared/arrow/batch.ts';
import type { PartitionBatch } from '../shared/duckdb/output/partitioner.ts';
import { openDuckdb } from './data.ts';
import { medianMs, milliseconds, ratio, report } from './stopwatch.ts';

/** What Arrow costs beside DuckDB itself, on one thread: rows out, rows in, rows into partitions. */
const rows = Number(process.argv[2] ?? 6_000_000);
const runs = 5;
using duckdb = openDuckdb(1);
const { connection } = duckdb;

const directory = join(import.meta.dirname, 'data');
const file = join(directory, `kernel-${rows}.parquet`);
if (!existsSync(file)) {
  mkdirSync(directory, { recursive: true });
  connection.execute(`
    COPY (
      SELECT i // 4 AS k, (hash(i * 13) % 200000)::INTEGER AS p, (hash(i * 19) % 10000000)::DOUBLE / 100 AS a,
        (hash(i * 23) % 11)::DOUBLE / 100 AS b, (hash(i * 29) % 9)::DOUBLE / 100 AS c, (hash(i * 17) % 50)::DOUBLE AS d,
        'comment ' || (hash(i * 47) % 1000000)::VARCHAR || ' carefully final deposits' AS s
      FROM range(${rows}) t(i)
    ) TO '${file}.unfinished' (FORMAT parquet, ROW_GROUP_SIZE 200000)`);
  renameSync(`${file}.unfinished`, file);
}

function drain(batches: Iterable<Batch | PartitionBatch>): number {
  let bytes = 0;
  for (const one of batches) bytes += batchBytes('batch' in one ? one.batch : one);
  return bytes;
}

async function compared(label: string, base: number, work: () => unknown): Promise<void> {
  const ms = await medianMs(runs, work);
  report(label, `${milliseconds(ms)}  ${ratio(ms, base)}`);
}

async function out(label: string, columns: string, scan: string): Promise<void> {
  const base = await medianMs(runs, () => connection.execute(`SELECT ${scan} FROM '${file}'`));
  report(`${label}: the scan alone, aggregated`, milliseconds(base));
  using query = connection.query(`SELECT ${columns} FROM '${file}'`);
  report(`${label}: bytes`, `${(drain(query) / 1e6).toFixed(0)} MB`);
  await compared(`${label}: out as Arrow`, base, () => drain(query));
  for (const partitions of [8, 200]) {
    using partitioned = connection.partitioned(`SELECT k, ${columns} FROM '${file}'`, { keys: ['k'], partitions });
    await compared(`${label}: out in ${partitions} partitions, with a key`, base, () => drain(partitioned));
  }
}

async function into(label: string, sql: string): Promise<void> {
  using source = connection.query(`SELECT k, p, a, s FROM '${file}' LIMIT 3000000`);
  const batches = [...source];
  const given = { schema: source.schema, open: () => batches[Symbol.iterator]() };
  connection.execute('CREATE OR REPLACE TABLE stored AS FROM given', { inputs: { given } });
  const base = await medianMs(runs, () => connection.execute(`${sql} FROM stored`));
  report(`${label}: from a table of DuckDB's`, milliseconds(base));
  await compared(`${label}: from Arrow`, base, () => connection.execute(`${sql} FROM given`, { inputs: { given } }));
}

await out('4 doubles', 'a, b, c, d', 'sum(a), sum(b), sum(c), sum(d)');
await out('39-byte strings', 's', 'max(s)');
await into('3 million rows, sum', 'SELECT sum(a), count(*)');
await into('3 million rows, strings compared', 'SELECT min(s), max(s)');
