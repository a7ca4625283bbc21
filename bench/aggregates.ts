/** Large aggregates on an embedded cluster against DuckDB itself, with the same threads, on the same file. */
import { availableParallelism } from 'node:os';
import { connect, local } from '../client/index.ts';
import { lineitem, openDuckdb } from './data.ts';
import { medianMs, milliseconds, ratio, report } from './stopwatch.ts';

const rows = Number(process.argv[2] ?? 60_000_000);
const threads = availableParallelism();
const path = lineitem(rows);
const questions = {
  'Q1-like: 6 groups, 8 aggregates': `
    SELECT l_returnflag, l_linestatus, sum(l_quantity) AS q, sum(l_extendedprice) AS p,
      sum(l_extendedprice * (1 - l_discount)) AS d, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS c,
      avg(l_quantity) AS aq, avg(l_extendedprice) AS ap, avg(l_discount) AS ad, count(*) AS n
    FROM '${path}' WHERE l_shipdate <= DATE '1998-09-02' GROUP BY l_returnflag, l_linestatus ORDER BY 1, 2`,
  'group by 200,000 keys, top 10': `
    SELECT l_partkey, count(*) AS n, sum(l_quantity) AS q, max(l_extendedprice) AS p
    FROM '${path}' GROUP BY l_partkey ORDER BY q DESC, l_partkey LIMIT 10`,
};

await using cluster = process.env.SHEAF_CLUSTER
  ? await connect()
  : await local({ workers: 2, threads: Math.ceil(threads / 2) });
using duckdb = openDuckdb(threads);
report(`${rows} rows, ${threads} threads each`, 'median of 5');
for (const [name, sql] of Object.entries(questions)) {
  const theirs = await medianMs(5, () => duckdb.connection.rows(sql));
  const ours = await medianMs(5, () => cluster.sql(sql).collect());
  report(`${name}: DuckDB`, milliseconds(theirs));
  report(`${name}: Sheaf`, milliseconds(ours));
  report(`${name}: Sheaf / DuckDB`, ratio(ours, theirs));
}
