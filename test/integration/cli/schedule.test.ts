import assert from 'node:assert/strict';
import { once } from 'node:events';
import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Backfill } from '../../../client/pipelines/backfill.ts';
import type { RunRecord } from '../../../pipeline/records/run.ts';
import type { ScheduleInfo } from '../../../pipeline/records/schedule.ts';
import { until } from '../../support/cluster/cluster.ts';
import { CommandLine, type Running } from '../../support/processes/command-line.ts';

/** Schedules as people use them: deployed to a cluster of this machine, which is killed and started again. */
const path = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url));
const register = new URL('../../support/connectors/register-connectors.ts', import.meta.url).href;
const env = { NODE_OPTIONS: `--import ${register}` };

class Scheduled extends CommandLine {
  readonly work = join(this.folder, 'work');
  #address = '';
  #cluster: Running | undefined;

  constructor() {
    super();
    mkdirSync(this.work);
  }

  async begin(secrets: NodeJS.ProcessEnv = {}): Promise<void> {
    const args = ['start', '--json', '--workers', '1', '--threads', '2', '--state-dir', join(this.work, 'state')];
    this.#cluster = this.start(args, this.work, { ...env, ...secrets });
    const [, address = ''] = await this.#cluster.printed(/"address":"([^"]+)"/);
    this.#address = address;
  }

  async kill(): Promise<void> {
    this.#cluster?.child.kill('SIGKILL');
    await this.#cluster?.ended;
    await until(() => this.processes().length === 0, 'the processes of the cluster have ended');
  }

  pipeline(schedule: string, more = ''): void {
    writeFileSync(
      join(this.work, 'numbers.ts'),
      `import { connectorSink, connectorSource, expect, pipeline, secret } from '${path('pipeline/index.ts')}';
       export default pipeline('numbers', {
         schedule: ${schedule},
         extract: connectorSource('numbers', { pieces: 1, rowsPerPiece: 2 }),
         transform: ({ extract, sql, params }) => sql\`select n, \${params.interval_start} as at from \${extract}\`,
         load: connectorSink('numbers', { folder: ${JSON.stringify(join(this.work, 'loaded'))} }),
         ${more}
       });`,
    );
  }

  async sheaf(...args: string[]) {
    return await this.start([...args, '--cluster', this.#address], this.work, env).ended;
  }

  async json<Shape>(...args: string[]): Promise<Shape> {
    const { stdout, stderr, code } = await this.sheaf(...args, '--json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Shape;
  }

  /** Runs whose rows are loaded: a file each. */
  loaded(): string[] {
    return globSync(join(this.work, 'loaded', '*.committed')).map((file) => basename(file).split('.')[0] ?? '');
  }
}

test('due every second, the cluster killed in between: each due time has its run, and one only', async () => {
  await using place = new Scheduled();
  place.pipeline(`{ cron: '* * * * * *', overlap: 'queue', catchUp: 'all' }`);
  await place.begin();
  const { stdout, stderr, code } = await place.sheaf('schedule', 'numbers.ts');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /numbers is deployed, version \w{12}\.\n'\* \* \* \* \* \*' in UTC is due next:/);
  assert.equal(stdout.trim().split('\n').length, 3);
  await until(() => place.loaded().length >= 2, 'two runs have loaded', 30_000);
  await place.kill();
  const before = place.loaded().length;
  await place.begin();
  await until(() => place.loaded().length >= before + 4, 'the runs go on', 60_000);
  const [paused] = await place.json<ScheduleInfo[]>('schedules', '--pause', 'numbers');
  assert.deepEqual(paused?.nextMs, []);
  const isDone = async () => (await place.json<RunRecord[]>('runs')).every(({ life }) => 'endedMs' in life);
  await until(isDone, 'all runs have ended', 60_000);
  const runs = await place.json<RunRecord[]>('runs', '-n', '1000');
  const due = runs.map(({ interval }) => interval?.endMs ?? 0).sort((a, b) => a - b);
  assert.deepEqual(
    due.map((dueMs) => (dueMs - (due[0] ?? 0)) / 1000),
    Array.from(due, (_, n) => n),
    'second by second',
  );
  assert.deepEqual(place.loaded().sort(), runs.map(({ id }) => id).sort());
});

test('a backfill loads each interval once; told again, it has nothing to do', async () => {
  await using place = new Scheduled();
  place.pipeline(`{ cron: '0 0 * * *', timeZone: 'Europe/Berlin' }`);
  await place.begin();
  const deployed = await place.json<{ schedule: ScheduleInfo }>('schedule', 'numbers.ts', '--pause');
  assert.equal(deployed.schedule.paused, true);
  const { stdout: list } = await place.sheaf('schedules');
  assert.match(list, /numbers +paused +0 0 \* \* \* +Europe\/Berlin +- +- +-/);
  const march = ['numbers', '--from', '2026-03-28', '--to', '2026-03-31', '--parallel', '2'];
  const { stdout, stderr, code } = await place.sheaf('backfill', ...march);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /3\/3 .*succeeded +numbers-\S+ +2 rows/);
  assert.match(stdout, /2026-03-28 23:00:00Z to 2026-03-29 22:00:00Z/);
  const again = await place.json<Backfill>('backfill', ...march);
  assert.deepEqual(
    again.intervals.map(({ state }) => state),
    ['loaded', 'loaded', 'loaded'],
  );
  assert.equal(place.loaded().length, 3);
  const none = await place.sheaf('backfill', 'numbers', '--from', '2026-03-28T01:00', '--to', '2026-03-28T23:00');
  assert.equal(none.code, 2);
  assert.match(none.stderr, /No interval of the schedule lies between/);
  place.pipeline(`'0 0 * * *'`, `params: { day: 'DATE' },`);
  const lacking = await place.sheaf('schedule', 'numbers.ts');
  assert.equal(lacking.code, 2);
  assert.match(lacking.stderr, /needs a value of day/);
  place.pipeline(`'0 25 * * *'`);
  const wrong = await place.sheaf('schedule', 'numbers.ts');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /"0 25 \* \* \*" is no schedule: Invalid value for hour: 25/);
});

test('a run of the schedule that fails for good is told, by an address that only the cluster knows', async () => {
  const told = Promise.withResolvers<RunRecord>();
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    told.resolve(JSON.parse(Buffer.concat(parts).toString()) as RunRecord);
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await using place = new Scheduled();
    place.pipeline(
      `'* * * * * *'`,
      `validate: [expect.rowCount({ min: 3 })], onFailure: { webhook: secret('ALERTS') },`,
    );
    await place.begin({ SHEAF_SECRET_ALERTS: `http://127.0.0.1:${port}/` });
    const { code, stderr } = await place.sheaf('schedule', 'numbers.ts');
    assert.equal(code, 0, stderr);
    const { id, cause, life } = await told.promise;
    assert.deepEqual([cause, life.state === 'failed' && life.error.code], ['schedule', 'RULE_BROKEN']);
    const isNoted = async () => /the webhook was told/.test((await place.sheaf('run-info', id)).stdout);
    await until(isNoted, 'that it was told is noted');
    assert.deepEqual(place.loaded(), []);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
