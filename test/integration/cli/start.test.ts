import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CommandLine, type Outcome, type Running } from '../../support/processes/command-line.ts';

const flights = fileURLToPath(new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')));
const place = new CommandLine();
let started: Running;
let cluster: readonly string[] = [];

before(async () => {
  started = place.start(['start', '--json', '--workers', '2', '--threads', '1']);
  const [, address = ''] = await started.printed(/"address":"([^"]+)"/);
  cluster = ['--cluster', address];
});
after(() => place[Symbol.asyncDispose]());

const sheaf = (...args: string[]): Promise<Outcome> => place.run(...args, ...cluster);

async function json(...args: string[]) {
  const { code, stdout, stderr } = await sheaf(...args, '--json');
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

test('workers are listed, for people and for programs', async () => {
  const workers = await json('workers');
  assert.deepEqual(
    workers.map(({ slots, state }: { slots: number; state: string }) => [slots, state]),
    [
      [1, 'active'],
      [1, 'active'],
    ],
  );
  const { stdout } = await sheaf('workers');
  assert.equal(stdout.trim().split('\n').length, 3);
});

test('a question is answered as a table, as JSON, as CSV, and into a file', async () => {
  const question = `select origin, count(*) as flights from '${flights}' group by origin order by flights desc limit 2`;
  const { stdout } = await sheaf('sql', question);
  assert.match(stdout, /│ ORD +│ +166341 │\n│ DFW +│ +157162 │/);
  assert.deepEqual(await json('sql', question), [
    { origin: 'ORD', flights: 166341 },
    { origin: 'DFW', flights: 157162 },
  ]);
  const csv = await sheaf('sql', question, '--format', 'csv');
  assert.equal(csv.stdout, 'origin,flights\nORD,166341\nDFW,157162\n');
  const file = join(place.folder, 'answer.csv');
  assert.equal((await sheaf('sql', question, '-o', file)).code, 0);
  assert.equal(readFileSync(file, 'utf8'), csv.stdout);
});

test('a file appears only when its answer is whole', async () => {
  const file = join(place.folder, 'broken.csv');
  const { code } = await sheaf('sql', `select error('no') from '${flights}'`, '-o', file);
  assert.equal(code, 1);
  assert.equal(existsSync(file), false);
});

test('a plan is explained and a file is described without running anything', async () => {
  const before = (await json('jobs')).length;
  const { explanation, schema } = await json('explain', `select origin, count(*) as n from '${flights}' group by 1`);
  assert.match(explanation, /stage 0/);
  assert.deepEqual(schema, [
    { name: 'origin', type: 'VARCHAR' },
    { name: 'n', type: 'BIGINT' },
  ]);
  const { stdout } = await sheaf('types', flights);
  assert.match(stdout, /export const schema = \{\n {2}date: 'TIMESTAMP',\n {2}delay: 'BIGINT',/);
  assert.equal((await json('jobs')).length, before);
  const unknown = await sheaf('types', 'flights.xls');
  assert.equal(unknown.code, 65);
  assert.match(unknown.stderr, /FORMAT_UNKNOWN/);
});

test('a plan is analysed: it runs, and each stage tells what its tasks did', async () => {
  const query = `select origin, count(*) as n from '${flights}' group by 1`;
  const { job, schema } = await json('explain', '--analyze', query);
  assert.equal(schema.length, 2);
  assert.ok(job.stages[0].work.rowsIn > 0);
  for (const words of [
    ['explain', '--analyze', query],
    ['sql', `explain analyze ${query}`],
  ]) {
    const { stdout } = await sheaf(...words);
    assert.match(
      stdout,
      /^logical plan:\n {2}select (.|\n)*stage 0(.|\n)*succeeded after(.|\n)*spilled 0 B\n {2}worker-\w+: at most [\d.]+ MB/,
    );
    assert.match(stdout, /of its tasks +least +median +most +all\n {2}rows in +[\d,]+/);
  }
  const { stdout } = await sheaf('sql', `explain ${query}`);
  assert.match(stdout, /^logical plan:(.|\n)*\nstage 0/);
  assert.doesNotMatch(stdout, /succeeded/);
});

test('what is wrong with a question is told with its code, and the cluster works on', async () => {
  const wrong: [string, number, RegExp][] = [
    [`select dely from '${flights}'`, 2, /COLUMN_UNKNOWN(.|\n)*Did you mean "delay"/],
    ["select * from 'nothing.parquet'", 65, /FILE_NOT_FOUND .*nothing\.parquet/],
    ['selec 1', 2, /SQL_INVALID/],
  ];
  for (const [question, exit, message] of wrong) {
    const { code, stderr, stdout } = await sheaf('sql', question);
    assert.equal(code, exit, stderr);
    assert.match(stderr, message);
    assert.equal(stdout, '');
  }
  assert.equal(started.stderr(), '', 'the cluster says nothing of what its clients are told');
  assert.deepEqual(await json('sql', 'select 42 as answer'), [{ answer: 42 }]);
});

test('jobs are listed, shown and cancelled', async () => {
  const slow = place.start(['sql', 'select sum(hash(range)) from range(100000000000)', ...cluster]);
  const running = await until(async () => (await json('jobs', '--running'))[0]);
  assert.equal((await json('job', running.id)).name, 'sql');
  await sheaf('cancel', running.id);
  const { code, stderr } = await slow.ended;
  assert.equal(code, 1);
  assert.match(stderr, /CANCELLED/);
  assert.equal(await until(async () => (await json('job', running.id)).endedMs && 'ended'), 'ended');
  const { stdout } = await sheaf('job', running.id);
  assert.match(stdout, /cancelled after/);
  assert.equal((await sheaf('job', 'job-none')).code, 2);
});

test('a question that takes too long ends with its own exit code', async () => {
  const { code, stderr } = await sheaf('sql', 'select sum(hash(range)) from range(100000000000)', '--timeout', '500ms');
  assert.equal(code, 124, stderr);
});

test('Ctrl-C ends the cluster, all of it', async () => {
  assert.equal(place.processes().length, 3);
  started.child.kill('SIGINT');
  assert.equal((await started.ended).code, 130);
  assert.deepEqual(place.processes(), []);
});

async function until<T>(found: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 100; tries += 1) {
    const value = await found();
    if (value) return value;
  }
  throw new Error('it never came');
}
