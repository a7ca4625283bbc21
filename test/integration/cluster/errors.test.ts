import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Cluster, Dataset } from '../../../client/index.ts';
import { TestCluster, until, withCluster } from '../../support/cluster/cluster.ts';
import { RoleProcess } from '../../support/processes/role-process.ts';
import { plain } from './functions.ts';

/** What goes wrong in the world, as the caller is told: a code, the thing and its place, a next step. */
let cluster: TestCluster;
let client: Cluster;
before(async () => {
  cluster = await TestCluster.start({ workers: 1, config: { taskBytesTarget: 64 * 2 ** 10, taskBytesMin: 1 } });
  client = await cluster.connect();
});
after(() => cluster[Symbol.asyncDispose]());

interface Told {
  readonly code: string;
  readonly message: string;
  readonly next?: string;
}

/** The job writes, and fails so: nothing is at its destination, and the cluster works on. */
async function fails(rows: Pick<Dataset, 'write'>, code: string, ...words: readonly RegExp[]): Promise<void> {
  const out = `${cluster.folder}/out-${code}`;
  await assert.rejects(rows.write.parquet(`${out}/rows`), (error: Told) => {
    assert.equal(error.code, code, error.message);
    for (const word of words) assert.match(`${error.message} ${error.next}`, word);
    assert.ok(error.next, `${error.message}: no next step`);
    return true;
  });
  await until(() => filesIn(out).length === 0, `nothing is left in ${out}`);
  assert.equal(await client.sql('SELECT 42 AS n').count(), 1);
}

function filesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT');
    return [];
  }
}

const onlyFileIn = (path: string): string => `${path}/${filesIn(path)[0]}`;

const file = (name: string, text: string | Buffer = ''): string => {
  const path = `${cluster.folder}/${name}`;
  writeFileSync(path, text);
  return path;
};

test('a file that is not there', () =>
  fails(client.read.parquet('/nowhere/at-all.parquet'), 'FILE_NOT_FOUND', /\/nowhere\/at-all\.parquet/));

test('a glob that fits nothing', () =>
  fails(client.read.csv(`${cluster.folder}/none-*.csv`), 'FILE_NOT_FOUND', /none-\*\.csv/));

test('a corrupt Parquet footer', () =>
  fails(
    client.read.parquet(file('broken.parquet', Buffer.from(`PAR1${'x'.repeat(500)}PAR1`))),
    'FILE_CORRUPT',
    /broken\.parquet/,
  ));

test('a Parquet file that was cut', async () => {
  const whole = `${cluster.folder}/whole`;
  await client.sql('SELECT range AS n FROM range(100000)').write.parquet(whole);
  await fails(
    client.read.parquet(file('cut.parquet', readFileSync(onlyFileIn(whole)).subarray(0, 20_000))),
    'FILE_CORRUPT',
    /cut\.parquet/,
  );
});

test('a CSV row with too many fields', () => {
  const lines = Array.from({ length: 50_000 }, (_, n) => (n === 44_444 ? `${n},b,c` : `${n},b`));
  return fails(
    client.read.csv(file('wide.csv', `n,name\n${lines.join('\n')}\n`)),
    'ROW_MALFORMED',
    /wide\.csv/,
    /44446|44,446/,
  );
});

test('files of different schemas', () => {
  const paths = [file('a.csv', 'n,name\n1,x\n2,y\n'), file('b.csv', 'n,title,year\n1,x,2000\n')];
  return fails(client.read.csv(paths), 'SCHEMA_MISMATCH', /b\.csv/);
});

test('a column that is not there', () =>
  fails(
    client.read.csv(file('c.csv', 'origin,delay\nBOS,1\n')).filter('dealy > 3'),
    'COLUMN_UNKNOWN',
    /dealy/,
    /delay/,
  ));

test('SQL that is none', () => fails(client.sql('SELEC 1'), 'SQL_INVALID', /SELEC/));

test('a value that cannot be cast fails while it runs', () =>
  fails(client.read.csv(file('d.csv', 'n\nseven\n')).withColumns({ m: 'n::integer' }), 'QUERY_FAILED', /seven/));

test('a variable of a block is named, and the way for it', async () => {
  const factor = Date.now();
  const rows = client.from([{ n: 1 }], { schema: { n: 'double' } });
  await fails(
    rows.map((row) => plain({ n: (row.n ?? 0) * factor }), { schema: { n: 'double' } }),
    'FUNCTION_CAPTURE',
    /factor/,
    /params/,
  );
});

test('a destination that is there', async () => {
  const path = `${cluster.folder}/there`;
  mkdirSync(path);
  writeFileSync(`${path}/thesis.txt`, 'years of work');
  const rows = client.sql('SELECT 1 AS n');
  for (const mode of ['error', 'overwrite'] as const) {
    await assert.rejects(rows.write.parquet(path, { mode }), { code: 'DESTINATION_EXISTS' });
  }
  assert.deepEqual(readdirSync(path), ['thesis.txt']);
});

test('files and destinations that another user may not touch', async () => {
  const nobody = 65534;
  await withCluster({ workers: 1, uid: nobody }, async (theirs, client) => {
    const secret = file('secret.csv', 'n\n1\n');
    chmodSync(cluster.folder, 0o755);
    chmodSync(secret, 0o600);
    const told = (path: string) => (error: Told) => {
      assert.equal(error.code, 'PERMISSION_DENIED', error.message);
      assert.ok(error.message.includes(path), error.message);
      return true;
    };
    await assert.rejects(client.read.csv(secret).collect(), told(secret));
    await assert.rejects(client.sql('SELECT 1 AS n').write.csv(`${cluster.folder}/theirs`), told(cluster.folder));
    assert.ok(!readdirSync(cluster.folder).includes('theirs'));
    assert.equal(await client.sql('SELECT 42 AS n').count(), 1);
    await client.sql('SELECT 1 AS n').write.csv(`${theirs.folder}/own`);
  });
});

test('a worker that may not do what the coordinator may is named', async () => {
  await withCluster({ workers: 0 }, async (theirs, client) => {
    chmodSync(theirs.folder, 0o777);
    const worker = await theirs.addWorker({ uid: 65534 });
    await theirs.joined(1);
    const secret = file('root.csv', 'n\n1\n');
    chmodSync(secret, 0o600);
    await assert.rejects(client.read.csv(secret).collect(), {
      code: 'PERMISSION_DENIED',
      message: new RegExp(`Worker \\S+:${worker.pid} may not read ${secret}`),
    });
    const out = `${theirs.folder}/out`;
    mkdirSync(out);
    await assert.rejects(client.sql('SELECT 1 AS n').write.csv(`${out}/rows`), {
      code: 'PERMISSION_DENIED',
      message: new RegExp(out),
    });
    await until(() => filesIn(out).length === 0, 'nothing is left');
  });
});

test('a disk that is full at the destination', async () => {
  // A limit for each file of the worker, in a shell: it needs no rights, where a small disk to mount would.
  await withCluster({ workers: 0 }, async (theirs, client) => {
    const worker = await theirs.addWorker({ fileBlocksMax: 2000 });
    await theirs.joined(1);
    const out = `${theirs.folder}/out`;
    const rows = client.sql('SELECT hash(range) AS n, random() AS x FROM range(1000000)');
    for (const format of ['parquet', 'csv', 'arrow'] as const) {
      await assert.rejects(rows.write[format](`${out}/${format}`), (error: Told) => {
        assert.equal(error.code, 'DISK_FULL', `${format}: ${error.message}`);
        return true;
      });
    }
    await until(() => filesIn(out).length === 0, 'nothing is left');
    assert.equal(await client.sql('SELECT 42 AS n').count(), 1);
    assert.ok(worker.pid > 0);
  });
});

test('what keeps a role from starting: its exit code and its message', async () => {
  const taken = await cluster.coordinator.address;
  const cases = [
    [['coordinator', '--listen', taken], 78, /PORT_IN_USE.*7?|in use/s],
    [['coordinator', '--etcd', '127.0.0.1:1'], 69, /etcd at 127\.0\.0\.1:1/],
    [['worker', '--etcd', '127.0.0.1:1', '--threads', '1', '--memory-limit', '1GB'], 69, /etcd at 127\.0\.0\.1:1/],
    [['coordinator', '--listen', '0.0.0.0:0'], 78, /token/],
    [['worker', '--coordinator', taken, '--listen', '0.0.0.0:0'], 78, /token/],
    [['worker', '--coordinator', taken, '--threads', '64', '--memory-limit', '1GB'], 78, /slotMemoryBytesMin/],
  ] as const;
  await Promise.all(
    cases.map(async ([args, code, words]) => {
      await using role = new RoleProcess([...args, '--data-dir', cluster.folder]);
      assert.equal(await role.ended, code, `${args.join(' ')}:\n${role.log}`);
      assert.match(role.log, words);
    }),
  );
  assert.deepEqual(
    filesIn(cluster.folder).filter((name) => /^sheaf-.*-\d+-/.test(name)).length,
    2,
    'no folder but those of the two that run',
  );
});
