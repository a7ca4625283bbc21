import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CommandLine, type Running } from '../../support/processes/command-line.ts';
import { startEtcd } from '../../support/servers/etcd.ts';

const flights = fileURLToPath(new URL('../../../examples/flights.ts', import.meta.url));

async function addressOf(running: Running): Promise<string> {
  const [, address = ''] = await running.printed(/"address":"([^"]+)"/);
  return address;
}

test('separate processes over etcd: workers come and go, a job runs, all leave in order', async () => {
  await using etcd = await startEtcd();
  await using place = new CommandLine();
  const common = ['--etcd', etcd.endpoint, '--json'];
  const coordinator = place.start(['coordinator', ...common]);
  const workers = [1, 2].map(() => place.start(['worker', ...common, '--threads', '1']));
  const cluster = ['--cluster', await addressOf(coordinator)];
  for (const worker of workers) await worker.printed(/joined the cluster/);

  const work = join(place.folder, 'work');
  mkdirSync(work);
  const { code, stdout, stderr } = await place.start(['run', flights, ...cluster], work).ended;
  assert.equal(code, 0, stderr);
  assert.match(stdout, /│ Las Vegas +│ Los Angeles +│ afternoon +│ +3083 │/);

  const [first, second] = workers as [Running, Running];
  first.child.kill('SIGTERM');
  assert.equal((await first.ended).code, 143);
  assert.equal(JSON.parse((await place.run('workers', '--json', ...cluster)).stdout).length, 1);
  second.child.kill('SIGINT');
  assert.equal((await second.ended).code, 130);
  coordinator.child.kill('SIGTERM');
  assert.equal((await coordinator.ended).code, 143);
  assert.deepEqual(await place.left(['work']), []);
});

test('a coordinator that never led is stopped in order, too', async () => {
  await using etcd = await startEtcd();
  await using place = new CommandLine();
  const leader = place.start(['coordinator', '--etcd', etcd.endpoint]);
  await leader.printed(/leading/);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const standby = place.start(['coordinator', '--etcd', etcd.endpoint, '--json']);
    await addressOf(standby);
    standby.child.kill(signal);
    const { code, stderr } = await standby.ended;
    assert.deepEqual([code, stderr], [signal === 'SIGTERM' ? 143 : 130, '']);
  }
  leader.child.kill('SIGTERM');
  await leader.ended;
  assert.deepEqual(await place.left([]), []);
});

test('a coordinator without etcd, and a token that every door demands', async () => {
  await using place = new CommandLine();
  const token = join(place.folder, 'token');
  writeFileSync(token, 'a-token-of-enough-characters\n', { mode: 0o600 });
  const coordinator = place.start(['coordinator', '--json', '--token-file', token, '--listen', '0.0.0.0:0']);
  const address = (await addressOf(coordinator)).replace('0.0.0.0', '127.0.0.1');
  const worker = place.start(['worker', '--coordinator', address, '--threads', '1', '--token-file', token]);
  await worker.printed(/joined the cluster/);
  const ask = ['sql', 'select 42 as answer', '--json', '--cluster', address];
  assert.equal((await place.run(...ask)).code, 77);
  const { stdout, code } = await place.run(...ask, '--token-file', token);
  assert.deepEqual([code, stdout], [0, '[\n  {"answer": 42}\n]\n']);
});

test('what is wrong with the configuration is told before anything starts', async () => {
  await using place = new CommandLine();
  const wrong: [string[], number, RegExp][] = [
    [['coordinator', '--listen', '0.0.0.0:0'], 78, /OPEN_WITHOUT_TOKEN/],
    [['start', '--listen', '0.0.0.0:0'], 78, /OPEN_WITHOUT_TOKEN/],
    [['coordinator', '--etcd', '127.0.0.1:1'], 69, /STORE_UNREACHABLE .*127\.0\.0\.1:1/],
    [['worker'], 2, /--etcd or --coordinator/],
    [['worker', '--coordinator', '127.0.0.1:1', '--memory-limit', 'lots'], 2, /"lots" is not a size/],
    [['start', '--memory-limit', '1MB'], 78, /CONFIG_INVALID/],
  ];
  for (const [args, exit, message] of wrong) {
    const { code, stderr } = await place.run(...args);
    assert.match(stderr, message);
    assert.equal(code, exit, stderr);
  }
  const first = place.start(['coordinator', '--json', '--listen', '127.0.0.1:0']);
  const { code, stderr } = await place.run('coordinator', '--listen', await addressOf(first));
  assert.equal(code, 78);
  assert.match(stderr, /PORT_IN_USE/);
});

/** A cluster of one worker, which runs a task that takes hours, as it is told to stop. */
async function drainingWorker(place: CommandLine, env: NodeJS.ProcessEnv): Promise<Running> {
  const coordinator = place.start(['coordinator', '--json']);
  const address = await addressOf(coordinator);
  const worker = place.start(['worker', '--coordinator', address, '--threads', '1'], undefined, env);
  await worker.printed(/joined the cluster/);
  place.start(['sql', 'select sum(hash(range)) from range(100000000000)', '--cluster', address]);
  const isBusy = async (): Promise<boolean> =>
    JSON.parse((await place.run('workers', '--json', '--cluster', address)).stdout)[0].running === 1;
  while (!(await isBusy()));
  worker.child.kill('SIGINT');
  await coordinator.printed(/worker is draining/);
  worker.child.kill('SIGINT');
  return worker;
}

test('a busy worker drains at Ctrl-C, which npm tells twice', async () => {
  await using place = new CommandLine();
  const { child } = await drainingWorker(place, { SHEAF_SIGNAL_REPEAT_MS: '60000' });
  await pause(300);
  assert.deepEqual([child.exitCode, child.signalCode], [null, null], 'it waits for its task');
});

test('a second Ctrl-C ends a busy worker at once, and its files go', async () => {
  await using place = new CommandLine();
  const { child, ended } = await drainingWorker(place, { SHEAF_SIGNAL_REPEAT_MS: '0' });
  await ended;
  assert.equal(child.signalCode, 'SIGINT');
  const own = `-${child.pid}-`;
  assert.deepEqual(
    readdirSync(place.folder).filter((name) => name.includes(own)),
    [],
  );
});
