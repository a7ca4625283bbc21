import assert from 'node:assert/strict';
import type { Cluster } from '../../../client/cluster.ts';
import type { JobInfo } from '../../../client/index.ts';
import { Connection } from '../../../shared/duckdb/connection.ts';
import { Database } from '../../../shared/duckdb/database.ts';

/** A row of `writeRows` as Arrow: twelve integers of eight bytes and a text of 32 characters with its offset. */
const rowBytes = 12 * 8 + 32 + 4;

/** How many rows take so many bytes. Not a multiple of the prime by which keys are shuffled. */
export const rowsOf = (bytes: number): number => Math.ceil(bytes / rowBytes / 7919) * 7919 + 1;

const others = Array.from({ length: 11 }, (_, i) => `v${i}`);

/** A Parquet file: `k` has the numbers from 0, `t` is another text in each row, `v0` and on more numbers. All in no order. */
export function writeRows(path: string, rows: number, tempDirectory: string): void {
  using database = Database.open({ memoryLimitBytes: 2 ** 29, tempDirectory });
  using connection = Connection.open(database.address);
  const values = others.map((name, i) => `i * 104729 % ${rows} + ${i} AS ${name}`).join(', ');
  const select = `SELECT i * 7919 % ${rows} AS k, md5(i::VARCHAR) AS t, ${values} FROM range(${rows}) r(i)`;
  connection.execute(`COPY (${select}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 61440)`);
}

/** What a job said of itself at its end. */
export type Beyond = Readonly<Record<'sort' | 'join' | 'aggregate', JobInfo>>;

/**
 * Sorts, joins and groups the rows of `writeRows`, and checks the answers.
 *
 * @throws AssertionError
 */
export async function sortJoinAggregate(cluster: Cluster, path: string, rows: number): Promise<Beyond> {
  const last: JobInfo[] = [];
  const onProgress = (info: JobInfo): void => void (info.state === 'succeeded' && last.push(info));
  let next = 0n;
  for await (const batch of cluster.sql(`SELECT * FROM '${path}' ORDER BY k`).stream({ onProgress }))
    for (const k of batch.getChild('k')?.toArray() ?? [])
      if (k !== next++) assert.fail(`${k} where ${next - 1n} belongs`);
  assert.equal(next, BigInt(rows));

  const read = others.map((name, i) => `${i % 2 ? 'a' : 'b'}.${name}`).join(' + ');
  const joined = `SELECT count(*) AS n, min(${read} - 11 * a.v0) AS least, max(${read} - 11 * a.v0) AS most,
    bool_and(a.k = b.k) AS same FROM '${path}' a JOIN '${path}' b ON a.t = b.t`;
  const [match] = await Array.fromAsync(cluster.sql(joined).rows({ onProgress }));
  assert.deepEqual({ ...match }, { n: BigInt(rows), least: 55n, most: 55n, same: true });

  const grouped = `SELECT count(*) AS n, min(same) AS least, max(same) AS most, sum(key)::BIGINT AS total
    FROM (SELECT t, ${others.join(', ')}, count(*) AS same, max(k) AS key FROM '${path}' GROUP BY ALL)`;
  const [groups] = await Array.fromAsync(cluster.sql(grouped).rows({ onProgress }));
  const total = (BigInt(rows) * BigInt(rows - 1)) / 2n;
  assert.deepEqual({ ...groups }, { n: BigInt(rows), least: 1n, most: 1n, total });

  const [sort, join, aggregate] = last;
  assert.ok(sort && join && aggregate, 'each job says how it ended');
  return { sort, join, aggregate };
}
