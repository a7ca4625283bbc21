import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { batchOf, folder, job, writeFile } from '../../../support/exchange/exchange.ts';

const values = Array.from({ length: 16_384 }, (_, i) => i);

test('a disk that fills up is DISK_FULL and leaves no file', () => {
  using root = folder();
  // A limit of 200 KiB per file, in a child: it needs no rights, where a small disk to mount would.
  const fixtures = new URL('../../../support/exchange/exchange.ts', import.meta.url).href;
  const program = `
    const { writeFile } = await import('${fixtures}');
    const values = ${JSON.stringify(values)};
    try { writeFile(${JSON.stringify(root.path)}, 1, Array.from({ length: 20 }, () => [0, values])); }
    catch (error) { process.stdout.write(error.code); }`;
  const shell = `trap '' XFSZ; ulimit -f 200; exec "$0" --input-type=module -e "$1"`;
  const { stdout } = spawnSync('bash', ['-c', shell, process.execPath, program], { encoding: 'utf8' });
  assert.equal(stdout, 'DISK_FULL');
  assert.deepEqual(readdirSync(join(root.path, job)), []);
});

test('a small disk that is full is DISK_FULL too, where one can be mounted', (context) => {
  using root = folder();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', root.path]);
  if (mounted.status !== 0) return context.diagnostic('no right to mount: the file size limit above stands in');
  try {
    const fill = () =>
      writeFile(
        root.path,
        1,
        Array.from({ length: 20 }, (): [number, number[]] => [0, values]),
      );
    assert.throws(fill, { code: 'DISK_FULL' });
    assert.deepEqual(readdirSync(join(root.path, job)), []);
    assert.equal(batchOf(values).rows, writeFile(root.path, 1, [[0, values]]).sizes[0]?.rows, 'room again');
  } finally {
    spawnSync('umount', [root.path]);
  }
});
