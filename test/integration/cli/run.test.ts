import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CommandLine } from '../../support/processes/command-line.ts';

const path = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url));

/** A program whose job would run for hours. */
function slowProgram(place: CommandLine): string {
  const file = join(place.folder, 'program', 'slow.ts');
  mkdirSync(join(place.folder, 'program'));
  writeFileSync(
    file,
    `import { connect } from '${path('client/index.ts')}';
     await using cluster = await connect(undefined, { progress: ({ state }) => process.stdout.write(state + '\\n') });
     await cluster.sql('select sum(hash(range)) from range(100000000000)').collect();`,
  );
  return file;
}

test('the main job of the examples gives its answer, its file and its times, and leaves nothing', async () => {
  await using place = new CommandLine();
  const out = join(place.folder, 'work');
  mkdirSync(out);
  const { stdout, stderr, code } = await place.start(['run', path('examples/flights.ts')], out).ended;
  assert.equal(code, 0, stderr);
  assert.match(stdout, /│ Las Vegas +│ Los Angeles +│ afternoon +│ +3083 │ +10\.5 │ +0\.273 │\n/);
  assert.match(stdout, /All 9,844 rows are in out\/routes\. It took:/);
  assert.match(stdout, / ms, \d+ tasks?: /);
  assert.match(stderr, /succeeded/);
  assert.deepEqual(place.processes(), []);
  assert.deepEqual(readdirSync(place.folder), ['work']);
});

const endings: [NodeJS.Signals, number | null][] = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGKILL', null],
];
for (const [signal, exit] of endings) {
  test(`${signal} in the middle of a job leaves no process and no file`, async () => {
    await using place = new CommandLine();
    const { child, ended, printed } = place.start(['run', slowProgram(place)]);
    await printed(/running/);
    assert.equal(place.processes().filter((line) => line.includes('embedded')).length, 3);
    child.kill(signal);
    const { code } = await ended;
    assert.equal(code, exit);
    assert.deepEqual(await place.left(['program']), []);
  });
}
