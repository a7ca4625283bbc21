/**
 * TPC-H's 22 queries on an embedded cluster against DuckDB itself with the same threads on the same files:
 * `npm run bench -- tpch [scale factor, default 1] [query, for example q09]`.
 */
import { availableParallelism } from 'node:os';
import { connect, local } from '../client/index.ts';
import { tpchDirectory } from '../test/tpch/data.ts';
import { queriesOver } from '../test/tpch/queries.ts';
import { openDuckdb } from './data.ts';
import { medianMs, milliseconds, ratio, report } from './stopwatch.ts';

const scale = Number(process.argv[2] ?? 1);
const wanted = process.argv[3] ?? '';
const threads = availableParallelism();
const runs = 3;
/** As DuckDB writes Parquet by default. */
const rowGroupRows = 122_880;

using duckdb = openDuckdb(threads);
const directory = tpchDirectory(scale, rowGroupRows, duckdb.connection);
await using cluster = process.env.SHEAF_CLUSTER
  ? await connect()
  : await local({ workers: 2, threads: Math.ceil(threads / 2) });
report(`TPC-H at scale factor ${scale}, ${threads} threads each, median of ${runs}`, 'Sheaf / DuckDB');
const totals = { ours: 0, theirs: 0 };
for (const [name, sql] of queriesOver(directory, duckdb.connection)) {
  if (!name.includes(wanted)) continue;
  const [expected, { numRows }] = [duckdb.connection.rows(sql).length, await cluster.sql(sql).collect()];
  if (numRows !== expected) throw new Error(`${name}: ${numRows} rows, DuckDB has ${expected}`);
  const theirs = await medianMs(runs, () => duckdb.connection.rows(sql));
  const ours = await medianMs(runs, () => cluster.sql(sql).collect());
  totals.ours += ours;
  totals.theirs += theirs;
  report(`${name}: DuckDB ${milliseconds(theirs)}, Sheaf ${milliseconds(ours)}`, ratio(ours, theirs));
}
const { ours, theirs } = totals;
report(`total: DuckDB ${milliseconds(theirs)}, Sheaf ${milliseconds(ours)}`, ratio(ours, theirs));
