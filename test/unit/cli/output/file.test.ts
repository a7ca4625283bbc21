import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { withOutput } from '../../../../cli/output/file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-output-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a file appears when all is in it', async () => {
  const path = join(folder, 'rows.csv');
  await withOutput(path, async (write) => {
    await write('a,b\n');
    await write('1,2\n');
    assert.equal(readdirSync(folder).includes('rows.csv'), false);
  });
  assert.equal(readFileSync(path, 'utf8'), 'a,b\n1,2\n');
});

test('a full disk and a folder of that name are told as such, and leave nothing', async () => {
  const path = join(folder, 'full.csv');
  symlinkSync('/dev/full', `${path}.${process.pid}.unfinished`);
  const some = (write: (text: string) => Promise<void>): Promise<void> => write('a,b\n');
  await assert.rejects(withOutput(path, some), { code: 'DISK_FULL', message: /full\.csv could not be written/ });
  mkdirSync(join(folder, 'taken'));
  await assert.rejects(withOutput(join(folder, 'taken'), some), { code: 'DESTINATION_EXISTS' });
  assert.deepEqual(readdirSync(folder).sort(), ['rows.csv', 'taken']);
});
