import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextOfCode } from '../../../shared/errors.ts';
import { readSourceTree } from '../../support/source-tree.ts';

/** What stands between the brackets of each `new SheafError(…)`. */
function madeIn(text: string): string[] {
  return text
    .split('new SheafError(')
    .slice(1)
    .map((rest) => {
      let depth = 1;
      let at = 0;
      for (; depth > 0 && at < rest.length; at++)
        depth += /[([{]/.test(rest[at] ?? '') ? 1 : /[)\]}]/.test(rest[at] ?? '') ? -1 : 0;
      return rest.slice(0, at);
    });
}

/** Another error's, or put together beside it. */
const handedOn = /\.\.\.|\bdata\)|options\(/;

test('every error says what to do next', () => {
  const silent = readSourceTree()
    .filter(({ name }) => !/^(test|bench|examples|scripts)\//.test(name))
    .flatMap(({ name, text }) => madeIn(text).map((made) => ({ name, made })))
    .filter(({ made }) => !/\bnext\b/.test(made) && !handedOn.test(made))
    .filter(({ made }) => !Object.keys(nextOfCode).some((code) => made.includes(`'${code}'`)))
    .map(({ name, made }) => `${name}: ${made.slice(0, 100)}`);
  assert.deepEqual(silent, [], silent.join('\n'));
});
