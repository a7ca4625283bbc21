import assert from 'node:assert/strict';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Json } from '../../../shared/json.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import type { ExtractNode } from '../../../shared/plan/nodes/extract.ts';
import type { LoadOutput } from '../../../shared/plan/nodes/load.ts';
import { Progress, smallTasks, type TestCluster, until, withCluster } from '../../support/cluster/cluster.ts';
import { type Receipt, runLoad } from '../../support/cluster/submit-plan.ts';
import type { FilesOptions, NumbersOptions } from '../../support/connectors/test-connector.ts';

/** The whole path of a pipeline's job on real processes: sources, steps, SQL, sinks, receipts. */
const register = new URL('../../support/connectors/register-connectors.ts', import.meta.url).href;
const options = { config: smallTasks, env: { NODE_OPTIONS: `--import ${register}` } };

const numbers = (of: NumbersOptions, provenance = false): ExtractNode => ({
  kind: 'extract',
  connector: 'numbers',
  options: of as unknown as Json,
  provenance,
});
const step = (name: string, input: PlanNode): PlanNode => ({ kind: 'step', name, input });
const sql = (text: string, name: string, plan: PlanNode): PlanNode => ({
  kind: 'sql',
  text,
  relations: [{ name, plan }],
});

function output(name: string, input: PlanNode, folder: string, more: Partial<FilesOptions> = {}): LoadOutput {
  mkdirSync(folder, { recursive: true });
  const sink = { connector: 'numbers', options: { folder, ...more }, prepared: { folder }, single: false };
  return { name, input, sink };
}

const single = (output: LoadOutput): LoadOutput => ({ ...output, sink: { ...output.sink, single: true } });

const collect = (name: string, input: PlanNode): LoadOutput => ({
  name,
  input,
  sink: { connector: 'collect', options: null, prepared: null, single: true },
});
const load = (...outputs: readonly LoadOutput[]): PlanNode => ({
  kind: 'load',
  run: 'run-1',
  pipeline: 'numbers',
  outputs,
});

/** Rows in the files that the receipts name. */
const staged = (receipts: readonly Receipt[], output: string): Record<string, unknown>[] =>
  receipts
    .filter((receipt) => receipt.output === output)
    .flatMap(({ receipt }) => readFileSync(String((receipt.detail as { file: string }).file), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const byNumber = (a: unknown, b: unknown): number => Number(a) - Number(b);

/** A branching pipeline: good rows, bad rows, and a count of both. */
function pipeline(of: NumbersOptions, folder: string, more: Partial<FilesOptions> = {}): PlanNode {
  const raw = step('raw', numbers(of, true));
  return load(
    output('good', sql('SELECT n, upper(text) AS text FROM raw WHERE _rejected IS NULL', 'raw', raw), folder, more),
    output('bad', sql('SELECT * FROM raw WHERE _rejected IS NOT NULL', 'raw', raw), folder),
    single(output('all', raw, folder)),
    collect('counts', sql('SELECT count(*) AS rows, count(_rejected) AS rejected FROM raw', 'raw', raw)),
  );
}

for (const mode of ['sync', 'async'] as const) {
  test(`extract, step, SQL, three loads, receipts (${mode} batches)`, async () => {
    await withCluster(options, async (cluster) => {
      const folder = join(cluster.folder, 'sink');
      const journal = join(cluster.folder, 'journal');
      const of = { pieces: 8, rowsPerPiece: 250, malformedEvery: 50, mode, journal };
      const receipts = await runLoad(await cluster.coordinator.address, pipeline(of, folder));
      const good = staged(receipts, 'good');
      assert.equal(good.length, 8 * 245);
      assert.equal(new Set(good.map(({ n }) => n)).size, good.length, 'each row once');
      assert.deepEqual(
        good.find(({ n }) => n === 1999),
        { n: 1999, text: 'ROW 1999' },
      );
      const bad = staged(receipts, 'bad');
      assert.equal(bad.length, 40);
      assert.deepEqual(
        bad.find(({ _source, _position }) => _source === 'piece 3' && _position === 51),
        { n: null, piece: null, text: null, _source: 'piece 3', _position: 51, _rejected: 'no number', _raw: '???' },
      );
      const alone = (name: string): unknown[] =>
        receipts
          .filter((each) => each.output === name)
          .map(({ receipt }) => (receipt.detail as { alone: boolean }).alone);
      assert.ok(alone('good').length > 1 && alone('good').every((is) => is === false));
      assert.deepEqual(alone('all'), [true], 'one task where the sink wants one');
      assert.equal(staged(receipts, 'all').length, 2000);
      const [counts] = receipts.filter((receipt) => receipt.output === 'counts');
      assert.deepEqual(counts?.receipt.detail, { rows: [{ rows: 2000, rejected: 40 }] });
      const reads = readFileSync(journal, 'utf8').trim().split('\n');
      assert.ok(reads.length > 1, 'several tasks extract');
      assert.equal(new Set(reads).size, 1);
    });
  });
}

test('only the columns that are used are read, from a dataset as well', async () => {
  await withCluster(options, async (cluster, client) => {
    const journal = join(cluster.folder, 'journal');
    const of = { pieces: 4, rowsPerPiece: 100, journal };
    const rows = await client.read
      .source('numbers', of, { schema: { n: 'bigint', piece: 'integer', text: 'varchar' } })
      .filter('piece >= 2')
      .select('n')
      .collect();
    assert.deepEqual(
      [...rows].map(({ n }) => Number(n)).sort(byNumber),
      Array.from({ length: 200 }, (_, i) => 200 + i),
    );
    assert.deepEqual([...new Set(readFileSync(journal, 'utf8').trim().split('\n'))], ['read n,piece']);
    const twice = await client.sql`SELECT count(*) AS n FROM ${client.read.source('numbers', of)} AS a
      JOIN ${client.read.source('numbers', of)} AS b USING (n)`.collect();
    assert.equal(Number([...twice][0]?.n), 400);
    const small = client.read.source('numbers', { pieces: 1, rowsPerPiece: 10 });
    const again = await client.sql`WITH RECURSIVE up(n) AS (SELECT 0::BIGINT UNION ALL
      SELECT s.n FROM up JOIN ${small} AS s ON s.n = up.n + 1) SELECT count(*) AS n FROM up`.collect();
    assert.equal(Number([...again][0]?.n), 10, 'a query that reads its input again and again');
    assert.equal(await client.read.source('numbers', { pieces: 0, rowsPerPiece: 10 }).count(), 0);
  });
});

test('a malformed row is an error unless its reason is asked for', async () => {
  await withCluster(options, async (_, client) => {
    const of = { pieces: 2, rowsPerPiece: 10, malformedEvery: 5 };
    await assert.rejects(client.read.source('numbers', of).collect(), (error: Error & { code: string }) => {
      assert.equal(error.code, 'ROW_MALFORMED');
      assert.match(error.message, /Row 0 of piece/);
      return true;
    });
    assert.equal(await client.read.source('numbers', of, { provenance: true }).select('n').count(), 20);
  });
});

test('errors name connector and pieces, keep secrets to themselves, and are tried again', async () => {
  const password = 'hunter22hunter22';
  await withCluster({ ...options, env: { ...options.env, SHEAF_SECRET_DOOR: password } }, async (cluster, client) => {
    const of = { pieces: 4, rowsPerPiece: 10, failingPiece: 2, password: { $secret: 'DOOR' } };
    const failed = client.read.source('numbers', of).collect();
    await assert.rejects(failed, (error: Error & { code: string; details?: unknown }) => {
      assert.equal(error.code, 'SOURCE_FAILED');
      assert.match(error.message, /numbers: connection to piece 2 refused for user:\[secret\]@host/);
      assert.match(JSON.stringify(error.details), /"pieces":"\[[^"]*2/);
      return true;
    });
    const once = { ...of, failOnce: join(cluster.folder, 'failed-once') };
    assert.equal(await client.read.source('numbers', once).count(), 40);
    const folder = join(cluster.folder, 'sink');
    const address = await cluster.coordinator.address;
    const sinkFails = output('a', numbers({ pieces: 1, rowsPerPiece: 10 }), folder, { fails: true });
    const withSecret = {
      ...sinkFails,
      sink: { ...sinkFails.sink, options: { folder, fails: true, password: { $secret: 'DOOR' } } },
    };
    await assert.rejects(runLoad(address, load(withSecret)), { code: 'SINK_FAILED', message: /user:\[secret\]@host/ });
    const forgetful = output('a', numbers({ pieces: 1, rowsPerPiece: 1000 }), folder, { forgetful: true });
    await assert.rejects(runLoad(address, load(forgetful)), {
      code: 'SINK_FAILED',
      message: /before it had taken all/,
    });
    const logs = [...cluster.coordinators, ...cluster.workers].map(({ log }) => log).join('\n');
    assert.ok(!logs.includes(password), 'no log has it');
    assert.match(logs, /refused: user:\[secret\]@host/, 'a connector’s own lines are there without it');
    await assert.rejects(client.read.source('nombers', of).collect(), {
      code: 'PLAN_INVALID',
      message: /no connector nombers/,
    });
    const unknown = { ...of, password: { $secret: 'WINDOW' } };
    await assert.rejects(client.read.source('numbers', unknown).collect(), { code: 'SECRET_UNKNOWN' });
  });
});

/** All attempts' files, of receipts or not. */
const stagedFiles = (folder: string): string[] => globSync(join(folder, '*.staged'));

test('a worker killed in the middle of a load: each row once among the receipts', async () => {
  await withCluster({ ...options, workers: 3 }, async (cluster: TestCluster) => {
    const folder = join(cluster.folder, 'sink');
    const of = { pieces: 12, rowsPerPiece: 1000, malformedEvery: 100 };
    const address = await cluster.coordinator.address;
    const progress = new Progress();
    const job = runLoad(address, pipeline(of, folder, { delayMs: 500 }), { onProgress: progress.onProgress });
    job.catch(() => {}); // Told below.
    const loading = (): string[] => stagedFiles(folder).filter((file) => file.includes('.good.'));
    await until(() => loading().length > 0, 'loads run');
    const victim = Number(/\.(\d+)\.staged$/.exec(loading()[0] ?? '')?.[1]);
    await cluster.worker(victim).kill();
    const receipts = await job;
    const good = staged(receipts, 'good');
    assert.equal(good.length, 12 * 990);
    assert.equal(new Set(good.map(({ n }) => n)).size, good.length);
    assert.equal(staged(receipts, 'bad').length, 120);
    const tasks = receipts.map(({ output, task }) => `${output} ${task}`);
    assert.equal(new Set(tasks).size, tasks.length, 'one receipt for each task');
    const counted = new Set(receipts.map(({ receipt }) => (receipt.detail as { file?: string }).file));
    assert.ok(
      stagedFiles(folder).some((file) => !counted.has(file)),
      'an attempt staged in vain',
    );
    assert.ok(
      ![...counted].some((file) => file?.includes(`.good.`) && file.endsWith(`.${victim}.staged`)),
      'the lost one',
    );
    assert.ok(
      Object.values(progress.reruns).reduce((sum, count) => sum + count, 0) > 0,
      JSON.stringify(progress.reruns),
    );
  });
});

test('a cancelled job stops what reads and what writes, also what heeds no signal', async () => {
  await withCluster({ ...options, workers: 1 }, async (cluster, client) => {
    const folder = join(cluster.folder, 'sink');
    const address = await cluster.coordinator.address;
    for (const plan of [
      load(output('slow', numbers({ pieces: 2, rowsPerPiece: 1000 }), folder, { delayMs: 600_000 })),
      load(output('waits', numbers({ pieces: 2, rowsPerPiece: 1000, mode: 'async', delayMs: 600_000 }), folder)),
      load(output('deaf', numbers({ pieces: 2, rowsPerPiece: 1000, deaf: true }), folder)),
    ]) {
      const stop = new AbortController();
      const progress = new Progress();
      const job = runLoad(address, plan, { signal: stop.signal, onProgress: progress.onProgress });
      job.catch(() => {}); // Told below.
      await progress.reaches(({ stages }) => stages.some(({ running }) => running > 0), 'it runs');
      stop.abort();
      await assert.rejects(job, { code: 'CANCELLED' });
    }
    await until(async () => (await client.workers()).every((worker) => worker.running === 0), 'all slots are free');
    assert.equal(await client.read.source('numbers', { pieces: 2, rowsPerPiece: 10 }).count(), 20);
  });
});

test('a rate limit holds over all workers', async () => {
  await withCluster({ ...options, workers: 3 }, async (cluster, client) => {
    const journal = join(cluster.folder, 'requests');
    writeFileSync(journal, '');
    const perSecond = 40;
    const of = { pieces: 12, rowsPerPiece: 1000, perSecond, journal };
    assert.equal(await client.read.source('numbers', of).select('n').count(), 12_000);
    assert.ok(existsSync(journal));
    const times = readFileSync(journal, 'utf8')
      .split('\n')
      .filter((line) => /^\d+$/.test(line))
      .map(Number)
      .sort(byNumber);
    assert.equal(times.length, 120);
    // 120 requests at 40 in any second take at least two, whatever the machine does; leave is given before it is used.
    assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) >= 1900, `${(times.at(-1) ?? 0) - (times[0] ?? 0)} ms`);
  });
});
