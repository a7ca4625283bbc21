/** Files that are written while a task reads them: no answer is better than one of two files mixed. */
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { inProcessCluster } from '../../support/cluster/in-process-cluster.ts';

const setup = await inProcessCluster();
const { cluster, folder } = setup;
after(() => setup[Symbol.asyncDispose]());

/** The rows of a file, to which the task that reads it writes one more. */
function growing(name: string) {
  const file = join(folder, name);
  writeFileSync(file, 'a,b\n1,2\n3,4\n');
  const rows = cluster.read.csv(file, { schema: { a: 'bigint', b: 'bigint' } }).map(
    (row, params) => {
      if (row.a === 3n) appendFileSync(params.file, '5,6\n');
      return { a: row.a };
    },
    { schema: { a: 'bigint' }, params: { file } },
  );
  return { file, rows };
}

test('rows of a file that grew meanwhile are not handed on', async () => {
  const { file, rows } = growing('handed.csv');
  await assert.rejects(rows.collect(), { code: 'FILE_CHANGED', message: new RegExp(file) });
  assert.equal((await cluster.read.csv(file).collect()).numRows, 3, 'asked again, it is read as it is');
});

test('nor written', async () => {
  const { file, rows } = growing('written.csv');
  const out = join(folder, 'out');
  await assert.rejects(rows.write.parquet(out), { code: 'FILE_CHANGED', message: new RegExp(file) });
  const { rows: written } = await cluster.read.csv(file).write.parquet(out);
  assert.equal(written, 3);
});
