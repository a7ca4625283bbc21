import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CommandLine } from '../support/processes/command-line.ts';

const client = fileURLToPath(new URL('../../client/index.ts', import.meta.url));

/** A function that imports what only workers have, from a program that lies elsewhere. */
function program(place: CommandLine, packages: readonly string[]): string {
  const folder = join(place.folder, 'program');
  mkdirSync(folder);
  const file = join(folder, 'shout.ts');
  writeFileSync(
    file,
    `import { connect } from '${client}';
     let loading;
     async function shouted(row) {
       loading ??= import('shouting');
       const { shout } = await loading;
       return { text: shout(row.text) };
     }
     await using cluster = await connect();
     const rows = cluster.from([{ text: 'a' }, { text: 'b' }], { schema: { text: 'varchar' } });
     const options = { schema: { text: 'varchar' }, packages: ${JSON.stringify(packages)} };
     const said = rows.map((row) => shouted(row), options).orderBy('text');
     const inSql = cluster.fn('shout_at', async ({ text }) => (await shouted({ text })).text, {
       args: options.schema, returns: 'varchar', packages: options.packages });
     const asked = cluster.sql\`select \${inSql}(text) as text from \${rows} order by text\`;
     process.stdout.write(JSON.stringify([await Array.fromAsync(said.rows()), await Array.fromAsync(asked.rows())]));`,
  );
  return file;
}

/** A package in CommonJS that holds a native addon, which no bundle could take along. */
function install(folder: string): void {
  const home = join(folder, 'node_modules', 'shouting');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "name": "shouting", "main": "index.cjs" }');
  writeFileSync(
    join(home, 'index.cjs'),
    `exports.shout = (text) => text.toUpperCase() + '!';
     exports.native = () => require('./fast.node');`,
  );
  writeFileSync(join(home, 'fast.node'), '');
}

test('a package that a function names is the one that is installed where the worker was started', async () => {
  await using place = new CommandLine();
  const work = join(place.folder, 'work', 'within');
  mkdirSync(work, { recursive: true });
  const file = program(place, ['shouting']);

  const without = await place.start(['run', file], work).ended;
  assert.equal(without.code, 78, without.stderr);
  assert.match(without.stderr, /FUNCTION_PACKAGE_MISSING/);
  assert.match(without.stderr, /the map function .*: The package shouting is not installed where this worker runs/);
  assert.match(without.stderr, /work\/within.*: npm install shouting/);

  install(join(place.folder, 'work'));
  const { code, stdout, stderr } = await place.start(['run', file], work).ended;
  assert.equal(code, 0, stderr);
  const shouted = [{ text: 'A!' }, { text: 'B!' }];
  assert.deepEqual(JSON.parse(stdout), [shouted, shouted]);
});

test('a package with a native addon that is not named is refused before anything runs, with what to do', async () => {
  await using place = new CommandLine();
  const file = program(place, []);
  install(join(place.folder, 'program'));
  const { code, stderr } = await place.start(['run', file]).ended;
  assert.notEqual(code, 0);
  assert.match(stderr, /FUNCTION_BUNDLE/);
  assert.match(stderr, /native addon .*fast\.node/);
  assert.match(stderr, /packages: \['…'\]/);
});
