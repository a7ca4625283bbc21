import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect } from '../../../client/index.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import { type ControlContract, controlService } from '../../../shared/contracts/control.ts';
import { type JobsContract, jobsService } from '../../../shared/contracts/jobs.ts';
import { FlightClient } from '../../../shared/flight/client.ts';
import { connectTo } from '../../../shared/rpc/client.ts';
import { loadService } from '../../../shared/rpc/proto.ts';
import { RemoteStore } from '../../../shared/store/remote.ts';
import { version } from '../../../shared/version.ts';
import { Progress, TestCluster } from '../../support/cluster/cluster.ts';
import { RoleProcess } from '../../support/processes/role-process.ts';
import { checkDelays, delays } from './delays.ts';

/** Every port of a cluster with a token, and whoever comes with another version. */
const token = 'a-token-of-more-than-sixteen-characters';
const config = loadConfig({}, { connectTimeoutMs: 2000 });
const folder = mkdtempSync(join(tmpdir(), 'sheaf-doors-'));
const tokenFile = join(folder, 'token');
let cluster: TestCluster;
let open: TestCluster;

before(async () => {
  writeFileSync(tokenFile, token, { mode: 0o600 });
  [cluster, open] = await Promise.all([TestCluster.start({ tokenFile }), TestCluster.start({ workers: 0 })]);
});
after(async () => {
  await Promise.all([cluster[Symbol.asyncDispose](), open[Symbol.asyncDispose]()]);
  rmSync(folder, { recursive: true });
});

const refused = { code: 'UNAUTHENTICATED' };

test('with the token, the cluster works', async () => {
  await checkDelays(delays(await cluster.connect(), new Progress(), 0));
});

test('without it, or with a wrong one, no port says anything: jobs, control, store, exchange', async () => {
  const address = await cluster.coordinator.address;
  const worker = await cluster.workers[0]?.address;
  for (const given of [undefined, `${token}x`]) {
    const credentials = given === undefined ? {} : { token: given };
    await assert.rejects(connect(address, credentials), refused);
    using connection = connectTo(address, { token: given, config });
    const jobs = connection.client(loadService<JobsContract>('jobs', jobsService));
    await assert.rejects(jobs.submit({ json: '{}' }), refused);
    await assert.rejects(jobs.listWorkers({}), refused);
    const control = connection.client(loadService<ControlContract>('control', controlService));
    await assert.rejects(control.getBlob({ sha256: '0'.repeat(64) }), refused);
    await assert.rejects(async () => {
      const session = control.session();
      await session.send({ hello: { version, worker: 'w', slots: 1, exchangeAddress: address, host: 'h', pid: 1 } });
      for await (const _ of session) assert.fail();
    }, refused);
    const store = new RemoteStore({ address, token: given, config });
    await assert.rejects(store.list('/'), refused);
    await store.close();
    using flight = new FlightClient({ token: given, config });
    await assert.rejects(flight.ping(address), refused);
    await assert.rejects(flight.ping(worker ?? ''), refused);
  }
});

test('a worker without the token says so and ends', async () => {
  const args = [
    'worker',
    '--coordinator',
    await cluster.coordinator.address,
    '--threads',
    '1',
    '--memory-limit',
    '1GB',
  ];
  await using role = new RoleProcess([...args, '--data-dir', folder]);
  assert.equal(await role.ended, 77, role.log);
  assert.match(role.log, /UNAUTHENTICATED/);
});

test('a client of another version is refused with both versions', async () => {
  using connection = connectTo(await open.coordinator.address, { config });
  const jobs = connection.client(loadService<JobsContract>('jobs', jobsService));
  await assert.rejects(jobs.hello({ version: '9.9.9' }), {
    code: 'VERSION_MISMATCH',
    message: new RegExp(`9\\.9\\.9.*${version}`),
  });
});

test('a worker of another version is refused with both versions', async () => {
  const address = await open.coordinator.address;
  using connection = connectTo(address, { config });
  const session = connection.client(loadService<ControlContract>('control', controlService)).session();
  const hello = { version: '9.9.9', worker: 'w', slots: 1, exchangeAddress: address, host: 'h', pid: 1 };
  await session.send({ hello });
  await assert.rejects(session[Symbol.asyncIterator]().next(), {
    code: 'VERSION_MISMATCH',
    message: new RegExp(`9\\.9\\.9.*${version}`),
  });
});

test('a worker whose exchange cannot be reached is refused, and the address is named', async () => {
  const address = await open.coordinator.address;
  using connection = connectTo(address, { config });
  const session = connection.client(loadService<ControlContract>('control', controlService)).session();
  await session.send({ hello: { version, worker: 'w', slots: 1, exchangeAddress: '127.0.0.1:1', host: 'h', pid: 1 } });
  await assert.rejects(session[Symbol.asyncIterator]().next(), { code: 'UNREACHABLE', message: /127\.0\.0\.1:1/ });
  assert.deepEqual(await (await open.connect()).workers(), []);
});

test('nobody there', async () => {
  await assert.rejects(connect('127.0.0.1:1', { config: { connectTimeoutMs: 500 } }), {
    code: 'UNREACHABLE',
    message: /127\.0\.0\.1:1/,
  });
});
