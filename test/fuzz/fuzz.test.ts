import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from './campaign.ts';
import { mutations } from './mutations.ts';

/** Enough for CI; `node test/fuzz/run.ts --seed S --count N` runs longer. */
const questions = 120;

test('random questions over random tables are answered as DuckDB answers them', async () => {
  const lines: string[] = [];
  const report = await fuzz(20_000, questions, { differencesMax: 5, print: (line) => lines.push(line) });
  assert.deepEqual(lines, [], lines.join('\n'));
  assert.equal(report.asked, questions);
  assert.ok(report.staged > 0.6 * questions, `${report.staged} of ${questions} questions ran in several stages`);
});

for (const [name, mutate] of Object.entries(mutations)) {
  test(`the fuzzer notices ${name}`, async () => {
    // An error would be the mutation's own fault.
    const counts = (text: string): boolean => !text.startsWith('error');
    const report = await fuzz(30_000, 600, { differencesMax: 1, print: () => undefined, mutate, counts });
    assert.equal(report.differences.length, 1, `not seen in ${report.asked} questions`);
  });
}
