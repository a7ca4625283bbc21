import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startLocalCluster } from '../../../../client/local/cluster.ts';
import { loadConfig } from '../../../../shared/config/config.ts';

const entry = new URL('../../../support/processes/fake-role.ts', import.meta.url);
const entries = { coordinator: entry, worker: entry };
const program = fileURLToPath(new URL('../../../support/processes/local-program.ts', import.meta.url));
const config = loadConfig({ SHEAF_LOCAL_STOP_LIMIT_MS: '500' });
let parent = '';

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'local-test-'));
});
afterEach(() => {
  delete process.env.FAKE_ROLE_FAILS;
  delete process.env.FAKE_ROLE_HANGS;
  rmSync(parent, { recursive: true, force: true });
});

const rolePids = (): number[] => globSync(join(parent, '*/*/pid')).map((path) => Number(readFileSync(path, 'utf8')));

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Waits until all are gone, and so is what they left. */
async function expectNothingLeft(pids: readonly number[]): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (!pids.some(isAlive) && readdirSync(parent).length === 0) return;
    await pause(50);
  }
  assert.deepEqual(pids.filter(isAlive), [], 'processes are left');
  assert.deepEqual(readdirSync(parent), [], 'files are left');
}

test('a cluster starts its processes in a folder of its own and leaves nothing', async () => {
  const cluster = await startLocalCluster({ config, dataDirectory: parent, workers: 3, entries });
  await cluster.ready;
  assert.equal(cluster.address, '127.0.0.1:1');
  const pids = rolePids();
  assert.equal(pids.length, 4);
  await cluster.close();
  await cluster.close();
  assert.deepEqual(pids.filter(isAlive), []);
  assert.deepEqual(readdirSync(parent), []);
});

test('a process that does not stop is killed', async () => {
  process.env.FAKE_ROLE_HANGS = 'worker';
  const cluster = await startLocalCluster({ config, dataDirectory: parent, entries });
  await cluster.ready;
  const pids = rolePids();
  await cluster.close();
  await expectNothingLeft(pids);
});

test('what keeps a coordinator from starting is told, and nothing is left', async () => {
  process.env.FAKE_ROLE_FAILS = 'coordinator';
  await assert.rejects(startLocalCluster({ config, dataDirectory: parent, entries }), { code: 'PORT_IN_USE' });
  assert.deepEqual(readdirSync(parent), []);
});

test('what keeps a worker from starting is told by ready', async () => {
  process.env.FAKE_ROLE_FAILS = 'worker';
  await using cluster = await startLocalCluster({ config, dataDirectory: parent, entries });
  await assert.rejects(cluster.ready, { code: 'PORT_IN_USE' });
});

test('an aborted signal stops the cluster', async () => {
  const controller = new AbortController();
  const cluster = await startLocalCluster({ config, dataDirectory: parent, entries, signal: controller.signal });
  await cluster.ready;
  const pids = rolePids();
  controller.abort();
  await expectNothingLeft(pids);
});

async function runProgram(...args: string[]): Promise<{ child: ChildProcess; pids: readonly number[] }> {
  const child = spawn(process.execPath, [program, parent, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const printed = await new Promise<Buffer>((resolve) => child.stdout?.once('data', resolve));
  return { child, pids: JSON.parse(printed.toString()) };
}

test('when the program is killed, its cluster ends and its files go', async () => {
  const { child, pids } = await runProgram('stay');
  assert.equal(pids.length, 3);
  child.kill('SIGKILL');
  await expectNothingLeft(pids);
});

test('a program that forgets to close its cluster ends all the same', async () => {
  const { child, pids } = await runProgram();
  assert.equal(pids.length, 3);
  if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
  assert.equal(child.exitCode, 0);
  await expectNothingLeft(pids);
});

test('folders of dead processes are swept at the next start, those of live ones and of other hosts stay', async () => {
  const host = hostname().replace(/[^\w.]/g, '_');
  const names = [`sheaf-${host}-4194304-dead`, `sheaf-${host}-${process.pid}-alive`, 'sheaf-elsewhere-4194304-dead'];
  for (const name of names) mkdirSync(join(parent, name, 'worker-1'), { recursive: true });
  await using _ = await startLocalCluster({ config, dataDirectory: parent, entries });
  const left = readdirSync(parent);
  assert.deepEqual(
    names.map((name) => left.includes(name)),
    [false, true, true],
  );
});
