/**
 * The main job on three million real flights, with its TypeScript function in the middle, against DuckDB itself, which
 * says the same in SQL with as many threads on the same files.
 */
import { availableParallelism } from 'node:os';
import { connect, local } from '../client/index.ts';
import { openDuckdb } from './data.ts';
import { medianMs, milliseconds, ratio, report } from './stopwatch.ts';
import { sampleFile as file, routes } from './support/routes.ts';

const threads = availableParallelism();

await using cluster = process.env.SHEAF_CLUSTER
  ? await connect()
  : await local({ workers: 2, threads: Math.ceil(threads / 2) });
const job = routes(cluster);

const sql = `
  SELECT o.city AS "from", d.city AS "to",
    ['night', 'morning', 'afternoon', 'evening'][hour(f.date) // 6 + 1] AS part_of_day,
    count(*) AS flights, avg(f.delay) AS mean_delay, avg((f.delay > 15)::INTEGER) AS late
  FROM '${file('flights-3m.parquet')}' f
  JOIN read_csv('${file('airports.csv')}') o ON o.iata = f.origin
  JOIN read_csv('${file('airports.csv')}') d ON d.iata = f.destination
  GROUP BY ALL ORDER BY flights DESC, "from", "to", part_of_day`;

using duckdb = openDuckdb(threads);
const expected = duckdb.connection.rows(sql).length;
const { numRows } = await job.collect();
if (numRows !== expected) throw new Error(`${numRows} rows, DuckDB has ${expected}`);
report(`3,000,000 flights, ${threads} threads each`, 'median of 5');
const theirs = await medianMs(5, () => duckdb.connection.rows(sql));
const ours = await medianMs(5, () => job.collect());
report('DuckDB, all in SQL', milliseconds(theirs));
report('Sheaf, with a TypeScript function', milliseconds(ours));
report('Sheaf / DuckDB', ratio(ours, theirs));
