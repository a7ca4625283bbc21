import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '../shared/duckdb/connection.ts';
import { Database } from '../shared/duckdb/database.ts';

/** Where generated files lie: not in the repository. */
export const dataDirectory = join(import.meta.dirname, 'data');
const directory = dataDirectory;
const GiB = 2 ** 30;

/** What DuckDB may take. */
export const duckdbMemoryBytes = 8 * GiB;

/** DuckDB itself with so many threads: the measure of all things. */
export function openDuckdb(threads: number): { readonly connection: Connection } & Disposable {
  const database = Database.open({
    threads,
    memoryLimitBytes: duckdbMemoryBytes,
    tempDirectory: join(directory, 'spill'),
  });
  const connection = Connection.open(database.address);
  return {
    connection,
    [Symbol.dispose]() {
      connection[Symbol.dispose]();
      database[Symbol.dispose]();
    },
  };
}

/**
 * A table shaped like TPC-H's lineitem, generated once: half a million rows to a row group, deterministic.
 *
 * @returns the file's path
 */
export function lineitem(rows: number): string {
  const path = join(directory, `lineitem-${rows}.parquet`);
  if (existsSync(path)) return path;
  process.stderr.write(`generating ${rows} rows …\n`);
  mkdirSync(directory, { recursive: true });
  using duckdb = openDuckdb(4);
  duckdb.connection.execute(`
    COPY (
      SELECT i // 4 AS l_orderkey, (hash(i * 13) % 200000)::INTEGER AS l_partkey,
        (1 + hash(i * 17) % 50)::DOUBLE AS l_quantity,
        (90000 + hash(i * 19) % 10000000)::DOUBLE / 100 AS l_extendedprice,
        (hash(i * 23) % 11)::DOUBLE / 100 AS l_discount, (hash(i * 29) % 9)::DOUBLE / 100 AS l_tax,
        (['A', 'N', 'R'])[1 + (hash(i * 31) % 3)::INTEGER] AS l_returnflag,
        (['O', 'F'])[1 + (hash(i * 37) % 2)::INTEGER] AS l_linestatus,
        DATE '1992-01-01' + (hash(i * 41) % 2500)::INTEGER AS l_shipdate
      FROM range(${rows}) t(i)
    ) TO '${path}.unfinished' (FORMAT parquet, ROW_GROUP_SIZE 500000)`);
  renameSync(`${path}.unfinished`, path);
  return path;
}

/**
 * An access log, generated once: the ten thousand lines of the example again and again, each time from other hosts.
 *
 * @returns the file's path
 */
export function accessLines(lines: number): string {
  const path = join(directory, `access-${lines}.log`);
  if (existsSync(path)) return path;
  process.stderr.write(`generating ${lines} lines …\n`);
  mkdirSync(directory, { recursive: true });
  const example = readFileSync(join(import.meta.dirname, '../examples/data/apache_access.log'), 'utf8');
  const some = example.split('\n').slice(0, -1);
  const file = openSync(`${path}.unfinished`, 'w');
  for (let done = 0; done < lines; done += some.length) {
    const host = `${1 + ((done / some.length) % 250)}.`;
    const part = some.slice(0, lines - done).map((line) => line.replace(/^\d+\./, host));
    writeSync(file, `${part.join('\n')}\n`);
  }
  closeSync(file);
  renameSync(`${path}.unfinished`, path);
  return path;
}
