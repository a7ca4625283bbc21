/** SQL and datasets over each other, on a cluster. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { count } from '../../../client/index.ts';
import { Connection } from '../../../shared/duckdb/connection.ts';
import { Database } from '../../../shared/duckdb/database.ts';
import { inProcessCluster } from '../../support/cluster/in-process-cluster.ts';

const setup = await inProcessCluster({ taskBytesMin: 1 });
const { cluster, folder } = setup;
after(() => setup[Symbol.asyncDispose]());

const flights = join(folder, 'flights.parquet');
{
  using database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: join(folder, 'spill') });
  using connection = Connection.open(database.address);
  connection.execute(`COPY (SELECT i AS id, ['BOS', 'JFK', 'ORD', 'SEA'][1 + i % 4] AS origin, (i * 7919) % 1000 - 100 AS delay
    FROM range(20000) t(i)) TO '${flights}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
}

/** How many of every fourth flight, from this one on, are late. */
const lateOf = (first: number): bigint =>
  BigInt(Array.from({ length: 5000 }, (_, n) => ((4 * n + first) * 7919) % 1000).filter((delay) => delay > 900).length);

const read = cluster.read.parquet(flights, { schema: { id: 'bigint', origin: 'varchar', delay: 'bigint' } });
const airports = cluster.from([
  { code: 'BOS', city: 'Boston' },
  { code: 'SEA', city: "Seat'tle" },
]);

test('files, uploads and results of SQL are tables of further SQL, and its result is a dataset', async () => {
  const late = read.filter((row) => (row.delay ?? 0n) > 800n);
  const byCity = cluster.sql<{ city: 'varchar'; n: 'bigint' }>`
    select a.city, count(*) as n from ${late} l join ${airports} a on l.origin = a.code group by a.city`;
  const joined = cluster.sql<{ city: 'varchar'; n: 'bigint'; all_flights: 'bigint' }>`
    select c.city, c.n, f.n as all_flights
    from ${byCity} c join ${airports} a on a.city = c.city
      join ${read.groupBy('origin').agg({ n: count() })} f on f.origin = a.code
    where c.city <> ${"Bos'ton"} order by c.city`;
  const rows = await Array.fromAsync(joined.filter('n > 0').orderBy('city desc').rows());
  assert.deepEqual(rows, [
    { city: "Seat'tle", n: lateOf(3), all_flights: 5000n },
    { city: 'Boston', n: lateOf(0), all_flights: 5000n },
  ]);
});

test('parameters are values', async () => {
  const text = `select count(*)::int as n from '${flights}' where origin = $origin and delay > $least`;
  const rows = await Array.fromAsync(cluster.sql(text, { origin: 'SEA', least: 800 }).rows());
  assert.equal(rows[0]?.n, Number(lateOf(3)));
  const none = cluster.sql(text, { origin: "x' or true --", least: 800 });
  assert.deepEqual(await Array.fromAsync(none.rows()), [{ n: 0 }]);
});

test('a PIVOT without values gets them from the data first: of files, uploads, views, each other', async () => {
  const origins = { BOS: 5000n, JFK: 5000n, ORD: 5000n, SEA: 5000n };
  const wide = cluster.sql`pivot (select origin from ${read}) on origin`;
  assert.deepEqual(await Array.fromAsync(wide.rows()), [origins]);
  assert.deepEqual(
    await wide.schema(),
    Object.keys(origins).map((name) => ({ name, type: 'BIGINT' })),
  );
  const cities = cluster.sql`
    pivot (select city, id from ${airports} a join ${read} f on f.origin = a.code where id < ${8}) on city using sum(id)::integer`;
  assert.deepEqual(await Array.fromAsync(cities.rows()), [{ Boston: 4, "Seat'tle": 10 }], 'of uploads');
  await cluster.createView('wide', wide);
  await cluster.createTable('long', cluster.sql`unpivot wide on *`, { path: join(folder, 'long') });
  const again = cluster.sql`pivot long on name in (select name from long order by name desc) using any_value(value)`;
  const [row = {}] = await Array.fromAsync(again.rows());
  assert.deepEqual(Object.entries(row), Object.entries(origins).reverse());
  assert.match(
    await wide.explain(),
    /^before: 4 values of a PIVOT, by SELECT DISTINCT [\s\S]*result: BOS BIGINT, JFK BIGINT, ORD BIGINT, SEA BIGINT/,
  );
  await assert.rejects(cluster.sql`pivot ${read} on origni`.count(), { code: 'COLUMN_UNKNOWN', next: /"origin"/ });
});

test('whoever stops a question stops the lookup of its values', async () => {
  const stop = new AbortController();
  const slow = cluster.sql`pivot (select a.origin from ${read} a join ${read} b on a.delay + b.delay * b.id > 3) on origin`;
  const stopped = assert.rejects(slow.collect({ name: 'slow', signal: stop.signal }), { code: 'CANCELLED' });
  const lookup = async () =>
    (await cluster.jobs()).find(({ name, state }) => /^values/.test(name) && state === 'running');
  while ((await lookup()) === undefined) await setTimeout(20);
  stop.abort();
  await stopped;
  while ((await lookup()) !== undefined) await setTimeout(20);
  const states = (await cluster.jobs()).filter(({ name }) => name === 'slow').map(({ state }) => state);
  assert.deepEqual(states, ['cancelled']);
});
