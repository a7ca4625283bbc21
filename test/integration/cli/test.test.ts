import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CommandLine } from '../../support/processes/command-line.ts';

const path = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url));

/** A pipeline file with these samples. */
function pipelineFile(place: CommandLine, samples: string): string {
  const folder = join(place.folder, 'pipelines');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'people.ts');
  writeFileSync(
    file,
    `import { drop, expect, pipeline, sink, source } from '${path('client/index.ts')}';
     const longest = 5;
     const shout = (name: string | null) => (name === null ? null : name.toUpperCase());
     export default pipeline('people', {
       params: { least: { type: 'integer', value: 0 } },
       extract: source.postgres({ table: 'people', schema: { id: 'bigint', name: 'varchar', born: 'date' } }),
       transform: ({ extract, sql, params }) =>
         sql<{ id: 'bigint'; name: 'varchar'; year: 'bigint' }>\`select id, name, year(born) as year from \${extract} where id >= \${params.least}\`
           .map((row) => ({ ...row, name: shout(row.name) }), { schema: { id: 'bigint', name: 'varchar', year: 'bigint' } }),
       validate: [
         expect.notNull('name'), expect.unique('id'),
         expect.check('short', { name: 'varchar' }, ({ name }) => name === null || name.length <= longest),
       ],
       onReject: drop(),
       load: sink.postgres('loaded'),
       samples: [${samples}],
     });`,
  );
  return file;
}

test('samples pass where what is loaded and rejected is as expected', async () => {
  await using place = new CommandLine();
  const file = pipelineFile(
    place,
    `{ name: 'upper case', given: { extract: [{ id: 1, name: 'ann', born: '2001-02-03' }, { id: 0, name: 'bob', born: null }] },
       params: { least: 1 }, loaded: { load: [{ id: 1, name: 'ANN', year: 2001 }] } },
     { name: 'too long', given: { extract: [{ id: 1, name: 'annabel', born: null }] }, loaded: { load: [] }, rejected: [{ rule: 'short', reason: 'name = ANNABEL is refused by short' }] },
     { name: 'no name', given: { extract: [{ id: 1, name: null, born: null }] }, loaded: { load: [] }, rejected: [{ rule: 'notNull(name)', id: 1 }] }`,
  );
  const { stdout, stderr, code } = await place.start(['test', file]).ended;
  assert.equal(code, 0, stderr);
  assert.equal(stdout, '✔ upper case\n✔ too long\n✔ no name\n');
  assert.match(stderr, /3 passed, 0 failed/);
});

test('samples that fail say which rows are missing and which are too many', async () => {
  await using place = new CommandLine();
  const file = pipelineFile(
    place,
    `{ name: 'twice', given: { extract: [{ id: 7, name: 'a', born: null }, { id: 7, name: 'b', born: null }] }, loaded: { load: [{ id: 8 }] } },
     { name: 'strange', given: { other: [] } }`,
  );
  const { stdout, stderr, code } = await place.start(['test', file]).ended;
  assert.equal(code, 1, stderr);
  assert.match(stdout, /✖ twice\n {2}load: expected, and not there:\n {6}\{"id":8\}/);
  assert.match(stdout, /not expected:\n {6}\{"id":7,/);
  assert.match(stdout, /rejected: not expected:\n.*"rule":"unique\(id\)"/);
  assert.match(stdout, /✖ strange\n.*PIPELINE_INVALID.*gives rows for other/);
  const json = await place.start(['test', file, '--json']).ended;
  assert.deepEqual(
    (JSON.parse(json.stdout) as { readonly passed: boolean }[]).map(({ passed }) => passed),
    [false, false],
  );
});

test('a file that exports no pipeline is told', async () => {
  await using place = new CommandLine();
  const { stderr, code } = await place.start(['test', path('shared/version.ts')]).ended;
  assert.equal(code, 2);
  assert.match(stderr, /exports no pipeline as its default/);
});
