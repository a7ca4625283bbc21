import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Cluster } from '../../../client/index.ts';
import { Progress, smallTasks, TestCluster } from '../../support/cluster/cluster.ts';
import { duckdbAnswer, flightsFile } from '../../support/duckdb-answer.ts';
import { assertSameRows } from '../../support/same-rows.ts';
import { laterThan } from './functions.ts';

/** Stages of real jobs on real processes, decided when sizes are known. */
let cluster: TestCluster;
let client: Cluster;
const config = { ...smallTasks, broadcastBytesMax: 500_000, rereadBytesMax: 0, noWorkersGraceMs: 30_000 };

before(async () => {
  const sizes = { taskBytesMin: 50_000, skewBytesMin: 100_000, skewPercent: 150, awaitOtherSidePercent: 100 };
  cluster = await TestCluster.start({ workers: 3, config: { ...config, ...sizes } });
  client = await cluster.connectToLeader();
});
after(async () => cluster[Symbol.asyncDispose]());

interface Question {
  rows(options: { onProgress: Progress['onProgress'] }): AsyncIterable<Record<string, unknown>>;
}

/** Its rows are those of the text for DuckDB. */
async function run(question: Question, text: string, meanwhile?: (progress: Progress) => Promise<void>) {
  const progress = new Progress();
  const answer = Array.fromAsync(question.rows({ onProgress: progress.onProgress }));
  await Promise.all([meanwhile?.(progress), answer]);
  assertSameRows(await answer, duckdbAnswer(text), true, text);
  const { adaptations = [], stages = [] } = progress.info ?? {};
  return { kinds: adaptations.map(({ kind }) => kind), names: stages.map(({ name }) => name), progress };
}

/** Flights from where others were later than so many minutes. What a function leaves is not estimated. */
function lateOf(minutes: number): readonly [Question, string] {
  const flights = client.read.parquet(flightsFile);
  const late = flights
    .select('origin', 'destination', 'delay')
    .mapBatches((batch, params) => laterThan(batch, params), {
      schema: { origin: 'varchar', destination: 'varchar', delay: 'bigint' },
      params: { minutes },
    });
  const text = (left: string, right: string): string => `
    SELECT f.origin, count(*)::DOUBLE AS n, sum(f.distance)::DOUBLE AS far, max(f.date)::VARCHAR AS last, sum(m.delay)::DOUBLE AS late FROM ${left} AS f
    JOIN ${right} AS m ON f.origin = m.origin AND f.destination = m.destination GROUP BY f.origin ORDER BY f.origin`;
  const [a = '', b = '', c = ''] = text('\0', '\0').split('\0');
  const question = client.sql(Object.assign([a, b, c], { raw: [a, b, c] }), flights, late) as unknown as Question;
  return [question, text(`'${flightsFile}'`, `(FROM '${flightsFile}' WHERE delay > ${minutes})`)];
}

const hashed = (names: readonly string[]): boolean => names.some((name) => name.startsWith('meet by join key'));

test('a join by hash is done where its large side is scanned when the other has turned out small', async () => {
  const { kinds, names } = await run(...lateOf(900));
  assert.ok(kinds.includes('broadcast'), kinds.join());
  assert.ok(!hashed(names), names.join('\n'));
});

test('what would meet nothing is not scanned', async () => {
  const { kinds, names } = await run(...lateOf(100_000));
  assert.ok(kinds.includes('empty'), kinds.join());
  assert.equal(names.filter((name) => name.startsWith('scan')).length, 1, names.join('\n'));
});

test('a skewed partition is read by several tasks, partitions with little by one', async () => {
  const text = `
    SELECT count(*)::DOUBLE AS n, sum(l.delay)::DOUBLE AS delay FROM
      (SELECT CASE WHEN delay < 60 THEN 978307200 ELSE epoch(date)::BIGINT END AS k, delay FROM '${flightsFile}') AS l
    JOIN (SELECT DISTINCT epoch(date)::BIGINT AS k FROM '${flightsFile}') AS r ON l.k = r.k`;
  const { kinds } = await run(client.sql(text), text);
  assert.ok(kinds.includes('split'), kinds.join());
});

test('a worker that dies with what adapted stages read: it is made again, and the answer is the same', async () => {
  const { kinds, progress } = await run(...lateOf(900), async (progress) => {
    await progress.reaches(({ adaptations }) => adaptations.some(({ kind }) => kind === 'broadcast'), 'it is adapted');
    await cluster.workers[1]?.kill();
  });
  assert.ok(kinds.includes('broadcast'), kinds.join());
  assert.ok(Object.keys(progress.reruns).length > 0, 'tasks ran again');
});
