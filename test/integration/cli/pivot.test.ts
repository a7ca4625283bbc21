import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CommandLine } from '../../support/processes/command-line.ts';

/** Its columns are known only once a first job has looked at the data. */
test('a PIVOT without values is asked, and explained, from the command line', async () => {
  await using place = new CommandLine();
  const work = join(place.folder, 'work');
  mkdirSync(work);
  writeFileSync(join(work, 'sales.csv'), 'city,year,n\nOslo,2023,1\nOslo,2024,2\nLima,2024,3\n');
  const text = "pivot 'sales.csv' on year using sum(n)::integer group by city order by city";
  const asked = await place.start(['sql', text, '--format', 'csv'], work).ended;
  assert.equal(asked.code, 0, asked.stderr);
  assert.deepEqual(asked.stdout.trim().split(/\r?\n/), ['city,2023,2024', 'Lima,,3', 'Oslo,1,2']);
  const explained = await place.start(['explain', text], work).ended;
  assert.equal(explained.code, 0, explained.stderr);
  assert.match(explained.stdout, /^before: 2 values of a PIVOT, by SELECT DISTINCT/);
});
