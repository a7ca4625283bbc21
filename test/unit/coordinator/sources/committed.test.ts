import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { committed } from '../../../../coordinator/sources/committed.ts';
import { listFiles } from '../../../../coordinator/sources/list-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-committed-'));
after(() => rmSync(folder, { recursive: true }));
for (const name of ['_sheaf/pending', '_sheaf/ledger', 'day=1']) mkdirSync(join(folder, name), { recursive: true });
const put = (name: string, text = ''): void => writeFileSync(join(folder, name), text);
const listed = (path = folder): string[] => listFiles([path], 'csv', 100).map((file) => basename(file.path));

test('a load is seen from its ledger entry on, and from then on not what it replaces', () => {
  put('day=1/part-00000.old_rows.t1.csv');
  put('own.csv');
  put('_sheaf/head.json', '1');
  put('_sheaf/pending/new_rows.json', '{}');
  put('day=1/part-00000.new_rows.t1.csv');
  assert.deepEqual(listed(), ['part-00000.old_rows.t1.csv', 'own.csv']);
  assert.deepEqual(listed(join(folder, 'day=*/*.csv')), ['part-00000.old_rows.t1.csv']);
  put('_sheaf/ledger/new_rows.json', JSON.stringify({ removed: ['day=1/part-00000.old_rows.t1.csv'] }));
  assert.deepEqual(listed(), ['part-00000.new_rows.t1.csv', 'own.csv']);
  rmSync(join(folder, '_sheaf/pending/new_rows.json'));
  assert.equal(listed().length, 3);
});

test('a listing that a commit runs into is made again', () => {
  let lists = 0;
  const files = committed(() => {
    lists += 1;
    if (lists === 2) put('_sheaf/head.json', '2');
    return [join(folder, `day=1/part-00000.new_rows.t${lists}.csv`)];
  });
  assert.deepEqual(
    files.map((path) => basename(path)),
    ['part-00000.new_rows.t3.csv'],
  );
  const restless = () => {
    put('_sheaf/head.json', String(Math.random()));
    return [join(folder, 'day=1/part-00000.new_rows.t1.csv')];
  };
  assert.throws(() => committed(restless), { code: 'FILE_CHANGED', retryable: true });
});
