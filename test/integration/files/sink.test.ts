/** Loads into a directory and into object storage: once, whole, and nothing left, whatever breaks off. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { SinkContext } from '../../../connectors/contract.ts';
import { cleanLoad, commitLoad, type LoadCommit } from '../../../connectors/files/commit.ts';
import { loadName } from '../../../connectors/files/names.ts';
import { openStorage } from '../../../connectors/files/open-storage.ts';
import type { SinkOptions } from '../../../connectors/files/options.ts';
import { filesSink } from '../../../connectors/files/sink.ts';
import type { StagedFile, Storage, StoredFile } from '../../../connectors/files/storage.ts';
import { visible } from '../../../connectors/files/visible.ts';
import { type ObjectStore, objectStore } from '../../../connectors/s3/store.ts';
import type { Json } from '../../../shared/json.ts';
import { breaking, isBreak } from '../../support/cluster/breaking-storage.ts';
import { ConnectorLab } from '../../support/connectors/connectors.ts';
import { startS3, type TestS3 } from '../../support/servers/s3.ts';

const lab = new ConnectorLab();
let s3: TestS3;
let store: ObjectStore;

before(async () => {
  s3 = await startS3();
  await s3.createBucket('out');
  store = await objectStore(s3.options, lab.context().config);
});
after(async () => {
  lab[Symbol.dispose]();
  await s3[Symbol.asyncDispose]();
});

const kinds = ['local', 's3'] as const;
let number = 0;
/** A destination of its own for a test. */
const fresh = (kind: (typeof kinds)[number]): string => {
  number += 1;
  return kind === 's3' ? `s3://out/dest-${number}` : join(lab.folder, `dest-${number}`);
};
/** The files of a destination where this process finds them. */
const folderOf = (path: string): string =>
  path.startsWith('s3://') ? join(s3.folderOf('out'), path.slice('s3://out/'.length)) : path;

const optionsOf = (path: string, more: Json = {}): SinkOptions =>
  filesSink.parse({ path, s3: { ...s3.options }, ...(more as object) });
const run = (name: string, output = 'rows'): SinkContext => ({ ...lab.context(), run: name, pipeline: 'p', output });

const select =
  "SELECT i, i % 3 AS k, date '2024-01-01' + (i % 2)::INTEGER AS day, 'text' || i AS t FROM range(5000) t(i)";

async function stage(options: SinkOptions, context: SinkContext, sql: string, attempt: string) {
  const { columns: schema, ...batches } = lab.select(sql);
  const directory = mkdtempSync(join(lab.folder, 'attempt-'));
  return await filesSink.write(options, batches, {
    ...context,
    schema,
    prepared: null,
    attempt,
    alone: false,
    directory,
  });
}

async function load(options: SinkOptions, context: SinkContext, ...sqls: readonly string[]) {
  const schema = lab.select(sqls[0] ?? select).columns;
  await filesSink.prepare(options, { ...context, schema });
  const receipts = [];
  for (const [i, sql] of sqls.entries()) receipts.push(await stage(options, context, sql, `t${i}`));
  return await filesSink.commit(options, receipts, {
    ...context,
    schema,
    prepared: null,
    cursors: { c: 1 },
    mustLead: () => {},
  });
}

const storageOf = (path: string): Promise<Storage> =>
  openStorage(path, s3.options, lab.context().config, lab.abort.signal);

async function listed(storage: Storage): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  for await (const file of storage.list('')) if (!file.name.startsWith('_sheaf/')) files.push(file);
  return files;
}

/** What our readers see. */
async function seen(path: string): Promise<readonly string[]> {
  const storage = await storageOf(path);
  return (
    await visible(
      [{ storage, prefix: '' }],
      () => listed(storage),
      ({ name }) => name,
    )
  )
    .map(({ name }) => name)
    .sort();
}

/** Nothing is left but data, the ledger and the head. */
async function assertClean(path: string): Promise<void> {
  const storage = await storageOf(path);
  const left: string[] = [];
  for await (const { name } of storage.list('_sheaf'))
    if (!/^_sheaf\/(ledger\/|head\.json)/.test(name)) left.push(name);
  assert.deepEqual(left, []);
  for await (const upload of store.uploads.list('out', `${path.slice('s3://out/'.length)}/`))
    assert.fail(`an upload is open: ${upload.key}`);
}

const sumOf = (path: string): number => {
  const [row] = lab.rows(`SELECT sum(i)::DOUBLE AS s FROM read_parquet('${folderOf(path)}/**/part-*.parquet')`);
  return Number(row?.s);
};

for (const kind of kinds) {
  test(`${kind}: rows are in folders by columns, and once, however often the load is committed`, async () => {
    const path = fresh(kind);
    const options = optionsOf(path, { partitionBy: ['day', 'k'] });
    const first = await load(options, run('run-1'), select, select.replace('range(5000)', 'range(5000, 6000)'));
    assert.deepEqual([first.rows, first.already], [6000, false]);
    assert.equal(await load(options, run('run-1'), select).then(({ already, rows }) => already && rows), 6000);
    const rows =
      lab.rows(`SELECT count(*)::INTEGER AS n, count(DISTINCT (day, k))::INTEGER AS p, sum(i)::DOUBLE AS s, min(day)::VARCHAR AS d
      FROM read_parquet('${folderOf(path)}/*/*/*.parquet')`);
    assert.deepEqual(rows, [{ n: 6000, p: 6, s: 17_997_000, d: '2024-01-01' }]);
    assert.ok((await seen(path)).every((name) => /^day=2024-01-0[12]\/k=[012]\/part-/.test(name)));
    await assertClean(path);
  });

  test(`${kind}: replace takes out what was there, append does not`, async () => {
    const path = fresh(kind);
    await load(optionsOf(path), run('run-1'), select);
    await load(optionsOf(path), run('run-2'), select);
    assert.equal(sumOf(path), 2 * 12_497_500);
    const replaced = await load(optionsOf(path, { mode: 'replace' }), run('run-3'), 'SELECT 7 AS i');
    assert.equal((replaced.detail as { replaced: number }).replaced, 2);
    assert.equal(sumOf(path), 7);
    await load(optionsOf(path, { mode: 'replace' }), run('run-4'), 'SELECT 7 AS i WHERE false');
    assert.deepEqual(await seen(path), []);
    await (await storageOf(path)).put('README.txt', Buffer.from('mine'));
    await assert.rejects(load(optionsOf(path, { mode: 'replace' }), run('run-5'), select), {
      code: 'DESTINATION_EXISTS',
      message: /README/,
    });
    await assertClean(path);
  });

  test(`${kind}: CSV and NDJSON, packed or not`, async () => {
    for (const [format, compression, ending] of [
      ['csv', 'gzip', 'csv.gz'],
      ['ndjson', 'zstd', 'ndjson.zst'],
      ['csv', undefined, 'csv'],
    ] as const) {
      const path = fresh(kind);
      await load(optionsOf(path, { format, compression }), run('run-1'), select);
      const reader = format === 'csv' ? 'read_csv' : 'read_ndjson';
      const [row] = lab.rows(`SELECT sum(i)::DOUBLE AS s FROM ${reader}('${folderOf(path)}/part-*.${ending}')`);
      assert.equal(row?.s, 12_497_500);
    }
  });

  test(`${kind}: what was staged and not chosen is never seen, and goes`, async () => {
    const path = fresh(kind);
    const options = optionsOf(path);
    const chosen = await stage(options, run('run-1'), select, 'a');
    await stage(options, run('run-1'), select, 'b');
    await stage(options, run('run-2'), select, 'c');
    assert.deepEqual(await seen(path), []);
    const { columns: schema } = lab.select(select);
    await filesSink.commit(options, [chosen], {
      ...run('run-1'),
      schema,
      prepared: null,
      cursors: {},
      mustLead: () => {},
    });
    await filesSink.clean(options, run('run-1'));
    await filesSink.clean(options, run('run-2'));
    await filesSink.clean(options, run('run-never'));
    assert.equal(sumOf(path), 12_497_500);
    await assertClean(path);
  });

  test(`${kind}: broken off at any point, a commit is seen as all or nothing, and ends as one load when it is done again`, async () => {
    for (let calls = 1; ; calls++) {
      const path = fresh(kind);
      await load(optionsOf(path), run('run-0'), 'SELECT 1 AS i');
      const before = await seen(path);
      const options = optionsOf(path, { mode: 'replace' });
      const staged = [
        await stage(options, run('run-1'), 'SELECT 10 AS i', 'a'),
        await stage(options, run('run-1'), 'SELECT 20 AS i', 'b'),
      ];
      const commit = commitOf(
        'run-1',
        staged.flatMap(({ detail }) => (detail as unknown as { files: StagedFile[] }).files),
      );
      const storage = await storageOf(path);
      const broken = await commitLoad(breaking(storage, calls), commit).then(() => false, isBreak);
      const during = await seen(path);
      assert.ok(
        same(during, before) || (during.length === 2 && !during.some((name) => before.includes(name))),
        `after ${calls}: ${during}`,
      );
      const isCommitted = !same(during, before);
      if (broken && !isCommitted && calls % 2 === 0) {
        await cleanLoad(storage, commit.load);
        assert.deepEqual(await seen(path), before);
        assert.equal(sumOf(path), 1);
      } else {
        await commitLoad(storage, commit);
        assert.equal(sumOf(path), 30);
      }
      await assertClean(path);
      if (!broken) return;
    }
  });
}

const commitOf = (name: string, files: readonly StagedFile[]): LoadCommit => ({
  load: loadName(name, 'rows'),
  mode: 'replace',
  files,
  rows: 2,
  about: {},
  mustLead: () => {},
});

const same = (a: readonly string[], b: readonly string[]): boolean => JSON.stringify(a) === JSON.stringify(b);

test('loads at the same time, and readers meanwhile: nobody sees half a load', async () => {
  const path = fresh('s3');
  const options = optionsOf(path);
  let over = false;
  const reading = (async () => {
    let lists = 0;
    for (; !over; lists++) {
      const names = await seen(path);
      const byLoad = Map.groupBy(names, (name) => name.split('.')[1]);
      for (const [, files] of byLoad) assert.equal(files.length, 3, String(names));
    }
    return lists;
  })();
  await Promise.all(
    [1, 2, 3, 4].map((n) => load(options, run(`run-${n}`), 'SELECT 1 AS i', 'SELECT 2 AS i', 'SELECT 3 AS i')),
  );
  over = true;
  assert.ok((await reading) > 0);
  assert.equal(sumOf(path), 24);
});

test('a listing that a whole commit runs into is made again', async () => {
  for (const kind of kinds) {
    const path = fresh(kind);
    const storage = await storageOf(path);
    await load(optionsOf(path), run('run-0'), 'SELECT 1 AS i');
    let lists = 0;
    const half = async (): Promise<StoredFile[]> => {
      lists += 1;
      const before = await listed(storage);
      if (lists > 1) return before;
      await load(optionsOf(path), run('run-1'), 'SELECT 2 AS i', 'SELECT 3 AS i');
      return [...before, ...(await listed(storage)).slice(-1)];
    };
    const files = await visible([{ storage, prefix: '' }], half, ({ name }) => name);
    assert.deepEqual([files.length, lists], [3, 2]);
  }
});

test('options are checked', () => {
  for (const wrong of [
    {},
    { path: 'relative' },
    { path: '/x', format: 'xml' },
    { path: '/x', format: 'csv', compression: 'snappy' },
    { path: '/x', mode: 'merge' },
    { path: 's3://' },
  ])
    assert.throws(() => filesSink.parse(wrong as Json), { code: 'PLAN_INVALID' });
});

test('columns of partitions are checked before anything runs', async () => {
  const path = fresh('local');
  await assert.rejects(load(optionsOf(path, { partitionBy: ['nowhere'] }), run('run-1'), select), {
    code: 'COLUMN_UNKNOWN',
    message: /nowhere/,
  });
  await assert.rejects(load(optionsOf(path, { partitionBy: ['i'] }), run('run-1'), 'SELECT 1 AS i'), {
    code: 'PLAN_INVALID',
  });
  writeFileSync(join(lab.folder, 'file'), '');
  await assert.rejects(load(optionsOf(join(lab.folder, 'file')), run('run-1'), select), {
    code: /FILE_NOT_FOUND|PERMISSION_DENIED/,
  });
  assert.ok(!readdirSync(lab.folder).includes('dest-none'));
});
