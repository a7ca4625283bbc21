import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { listFiles } from '../../../../coordinator/sources/list-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'sheaf-list-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const nobody = 65_534;

/** Root may read all: the question is asked as another user. */
function asNobody<T>(act: () => T): T {
  if (process.getuid?.() !== 0) return act();
  process.setegid?.(nobody);
  process.seteuid?.(nobody);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

test('a directory that a glob goes through and may not be read is an error: its rows would be missing', () => {
  for (const each of ['day=1', 'day=2', '.hidden']) {
    mkdirSync(join(directory, each));
    writeFileSync(join(directory, each, 'a.csv'), 'a\n1\n');
  }
  chmodSync(directory, 0o755);
  for (const each of ['day=2', '.hidden']) chmodSync(join(directory, each), 0o000);
  const list = (glob: string): number => asNobody(() => listFiles([join(directory, glob)], 'csv', 100).length);
  for (const glob of ['*/*.csv', '**/*.csv', 'day=*/a.csv', 'day=?/*']) {
    assert.throws(() => list(glob), { code: 'PERMISSION_DENIED', message: /day=2/ }, glob);
  }
  assert.equal(list('day=1/*.csv'), 1);
  assert.equal(list('*1/*.csv'), 1);
  for (const each of ['day=2', '.hidden']) chmodSync(join(directory, each), 0o755);
  assert.equal(list('**/*.csv'), 2);
});
