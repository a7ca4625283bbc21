import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { listNew, scanOf } from '../../../connectors/files/list-new.ts';
import type { FilesCursor } from '../../../connectors/files/new-files.ts';
import { objectStore } from '../../../connectors/s3/store.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import { startS3 } from '../../support/servers/s3.ts';

const config = loadConfig();
const { signal } = new AbortController();
const common = { config, signal, isOfFormat: (name: string) => name.endsWith('.log') };
const names = (files: readonly { readonly path: string }[]): string[] =>
  files.map(({ path }) => path.replace(/^.*\//, '')).sort();

test('new files of folders and globs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-new-'));
  try {
    mkdirSync(join(folder, 'x/_sheaf'), { recursive: true });
    for (const name of ['a.log', 'x/b.log', 'x/.hidden.log', 'x/_sheaf/s.log', 'note.txt'])
      writeFileSync(join(folder, name), name);
    const first = await listNew([folder], common);
    assert.deepEqual(names(first.files), ['a.log', 'b.log']);
    assert.deepEqual(names((await listNew([join(folder, '**/*.log')], common)).files), ['a.log', 'b.log']);
    const cursor: FilesCursor = JSON.parse(JSON.stringify(first.cursor));
    assert.deepEqual((await listNew([folder], { ...common, cursor })).files, []);
    writeFileSync(join(folder, 'late.log'), 'late');
    utimesSync(join(folder, 'late.log'), Date.now() / 1000 - 60, Date.now() / 1000 - 60);
    const second = await listNew([folder, join(folder, '*.log')], { ...common, cursor });
    assert.deepEqual(names(second.files), ['late.log']);
    const scan = { kind: 'scan', format: 'csv', paths: [folder], options: {} } as const;
    assert.deepEqual(scanOf(scan, second.files)?.paths, [join(folder, 'late.log')]);
    assert.equal(scanOf(scan, []), undefined);
    assert.deepEqual((await listNew([join(folder, 'none/*.log')], common)).files, []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('new objects of prefixes and globs', async () => {
  await using s3 = await startS3();
  await s3.createBucket('logs');
  const store = await objectStore(s3.options, config);
  const put = (key: string) => store.put({ bucket: 'logs', key }, Buffer.from(key));
  for (const key of ['web/a.log', 'web/2024/b[1].log', 'web/c.txt']) await put(key);
  const options = { ...common, s3: s3.options };
  const first = await listNew(['s3://logs/web'], options);
  assert.deepEqual(names(first.files), ['a.log', 'b[1].log']);
  assert.deepEqual((await listNew(['s3://logs/web/**/*.log'], { ...options, cursor: first.cursor })).files, []);
  await put('web/d.log');
  await put('web/a.log');
  const second = await listNew(['s3://logs/web'], { ...options, cursor: first.cursor });
  assert.ok(names(second.files).includes('d.log') && !names(second.files).includes('b[1].log'));
  assert.deepEqual((await listNew(['s3://logs/none'], options)).files, []);
  assert.deepEqual(names((await listNew(['s3://logs/web/2024/b[1].log'], options)).files), ['b[1].log']);
  await assert.rejects(listNew(['s3://nobucket/x'], options), { code: 'FILE_NOT_FOUND', message: /nobucket/ });
});
