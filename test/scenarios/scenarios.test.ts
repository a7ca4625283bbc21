import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { runScenario } from './scenario.ts';

const directory = new URL('.', import.meta.url);
const rewrite = process.env.SCENARIOS === 'rewrite';

for (const name of globSync('*.txt', { cwd: directory }).sort()) {
  test(`scenario ${basename(name, '.txt')}`, () => {
    const file = new URL(name, directory);
    const text = readFileSync(file, 'utf8');
    const now = runScenario(text);
    if (rewrite) writeFileSync(file, now);
    else assert.equal(now, text, 'the story has changed: read it, and if it is right run SCENARIOS=rewrite');
  });
}
