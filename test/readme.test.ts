/** What the README and the docs show compiles, and what is marked as run does run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';

interface Snippet {
  /** `README.md:12`: where it begins. */
  readonly place: string;
  readonly code: string;
  /** Under `<!-- run -->`. */
  readonly runs: boolean;
  /** The code block `text` that follows at once: what it prints. */
  readonly prints: string | undefined;
}

const pages = ['README.md', ...globSync('docs/**/*.md').sort()];
const snippets = pages.flatMap(snippetsOf);
// Inside the project, so that 'sheaf' is found; removed at the end.
mkdirSync('.sheaf', { recursive: true });
const folder = mkdtempSync('.sheaf/snippets-');
after(() => rmSync(folder, { recursive: true }));

function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(page, 'utf8');
  const pattern = /(<!-- run -->\n+)?```ts\n(.*?)```(?:\n\n```text\n(.*?)```)?/gs;
  return [...text.matchAll(pattern)].map(({ index, 1: mark, 2: code = '', 3: prints }) => ({
    place: `${page}:${text.slice(0, index).split('\n').length}`,
    code,
    runs: mark !== undefined,
    prints,
  }));
}

const files = snippets.map(({ code }, at) => {
  const file = join(folder, `snippet-${at}.ts`);
  writeFileSync(file, `${code}\nexport {};\n`);
  return file;
});

test('there are snippets', () => assert.ok(snippets.length > 0));

test('all snippets compile', () => {
  const config = { extends: '../../tsconfig.json', compilerOptions: { noUnusedLocals: false }, include: ['*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = resolve('node_modules/.bin/tsc');
  const { status, stdout } = spawnSync(tsc, ['-p', folder], { encoding: 'utf8' });
  const places = snippets.map(({ place }, at) => `snippet-${at} is at ${place}`).join('\n');
  assert.equal(status, 0, `${stdout}\n${places}`);
});

for (const [at, { place, runs, prints }] of snippets.entries()) {
  if (!runs) continue;
  test(`the program at ${place} runs`, () => {
    const file = files[at] ?? '';
    const args = ['bin/sheaf.js', 'run', '--progress', 'never', file];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    if (prints !== undefined) assert.equal(stdout, prints);
  });
}
