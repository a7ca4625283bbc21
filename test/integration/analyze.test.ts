/** What jobs report of themselves, on a real cluster. */
import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { count } from '../../client/index.ts';
import { inProcessCluster } from '../support/cluster/in-process-cluster.ts';

const setup = await inProcessCluster({ taskBytesMin: 1 });
const { cluster, folder } = setup;
after(() => setup[Symbol.asyncDispose]());

const [sales, cities] = [join(folder, 'sales'), join(folder, 'cities.csv')];
await cluster
  .sql("SELECT i AS id, ['BOS', 'JFK', 'ORD', NULL][1 + i % 4] AS city FROM range(20000) t(i)")
  .write.parquet(sales);
writeFileSync(cities, 'code,name\nBOS,Boston\nJFK,New York\n');

test('analyze runs the question and tells what each stage read, did and handed on', async () => {
  const grouped = cluster.read.parquet(join(sales, '*.parquet')).groupBy('city').agg({ n: count() }).orderBy('n');
  const { text, json, job } = await grouped.analyze();
  assert.match(text, /^logical plan:(.|\n)*\nstage 0/);
  assert.equal(json.schema.length, 2);
  assert.equal(job.state, 'succeeded');
  assert.deepEqual([job.spilledBytes, job.peaks.length], [0, 1]);
  assert.ok((job.peaks[0]?.peakRssBytes ?? 0) > 2 ** 24);
  const bytes = readdirSync(sales).reduce((sum, name) => sum + statSync(join(sales, name)).size, 0);
  const [first, ...later] = job.stages.map(({ work }) => work ?? assert.fail('all stages are done'));
  assert.deepEqual([first?.rowsInKnown, first?.rowsIn, first?.bytesIn], [true, 20_000, bytes]);
  assert.ok(first && first.attempts > 0 && first.skew >= 1);
  const { min, median, max } = first.perTask.rowsIn;
  assert.ok(min <= median && median <= max && max <= 20_000);
  assert.equal((later.at(-1) ?? first).rowsOut, 4);
  const { longest } = first;
  assert.equal(
    longest.reduce((sum, { rowsIn }) => sum + rowsIn, 0),
    20_000,
  );
  assert.deepEqual(
    longest.map(({ task }) => task).toSorted((a, b) => a - b),
    longest.map((_, i) => i),
  );
  const tookMs = longest.map(({ fetchMs, runMs }) => fetchMs + runMs);
  assert.deepEqual(
    tookMs.toSorted((a, b) => b - a),
    tookMs,
  );
  assert.deepEqual(new Set(longest.map(({ worker }) => worker)), new Set(job.peaks.map(({ worker }) => worker)));
});

test('of a text file the bytes are known, the rows are not', async () => {
  const { job } = await cluster.read.csv(cities).filter("code = 'BOS'").analyze();
  const [work] = job.stages.map((stage) => stage.work);
  const { rowsInKnown, rowsIn, bytesIn, rowsOut } = work ?? assert.fail('it is done');
  assert.deepEqual([rowsInKnown, rowsIn, bytesIn, rowsOut], [false, 0, statSync(cities).size, 1]);
});

test('what only this process holds is counted as it is read', async () => {
  const { job } = await cluster
    .from([{ a: 1 }, { a: 2 }, { a: 3 }])
    .filter('a > 1')
    .analyze();
  const [first] = job.stages.map(({ work }) => work);
  assert.deepEqual([first?.rowsIn, first?.rowsOut], [3, 2]);
  assert.ok((first?.bytesIn ?? 0) > 0);
});
