/** The house rules that a machine can hold. Each test lists what breaks its rule, one `file: what` a line. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path/posix';
import { test } from 'node:test';
import { configurationDocs } from '../scripts/configuration-docs.ts';
import { errorDocs } from '../scripts/error-docs.ts';
import { version } from '../shared/version.ts';
import { readSourceTree, type SourceFile } from './support/source-tree.ts';

const files = readSourceTree();
const byName = new Map(files.map((file) => [file.name, file]));
const folderOf = (name: string): string => name.split('/')[0] ?? '';

/** A folder may import its own level's and lower ones, except `apart`. */
const levels: Readonly<Record<string, number>> = {
  shared: 0,
  client: 1,
  connectors: 1,
  pipeline: 1,
  coordinator: 2,
  worker: 2,
  cli: 3,
  test: 3,
  bench: 3,
  examples: 3,
  scripts: 3,
};
const apart: Readonly<Record<string, readonly string[]>> = {
  client: ['connectors'],
  connectors: ['client', 'pipeline'],
  coordinator: ['worker', 'client'],
  'pipeline/compile': ['client', 'connectors'], // It runs on the coordinator, not where pipelines are written.
  worker: ['coordinator', 'client', 'pipeline'],
};
const apartFrom = (name: string): readonly string[] =>
  Object.entries(apart).flatMap(([folder, others]) => (name.startsWith(`${folder}/`) ? others : []));

function expectNone(broken: readonly string[]): void {
  assert.deepEqual(broken, [], broken.join('\n'));
}

test('folders import only what lies below them', () => {
  const broken = files.flatMap(({ name, imports }) =>
    imports.flatMap(({ file, specifier }) => {
      if (file === undefined) return [];
      const [from, to] = [folderOf(name), folderOf(file)];
      const allowed = (levels[from] ?? 0) >= (levels[to] ?? 0) && !apartFrom(name).includes(to);
      return allowed ? [] : [`${name}: imports ${specifier}`];
    }),
  );
  expectNone(broken);
});

test('every relative import names a file that exists', () => {
  const broken = files.flatMap(({ name, imports }) =>
    imports.flatMap(({ file, specifier }) => (file && !existsSync(file) ? [`${name}: ${specifier} is no file`] : [])),
  );
  expectNone(broken);
});

test('no file imports itself, by whatever way round', () => {
  const broken: string[] = [];
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) broken.push([...path.slice(path.indexOf(name)), name].join(' → '));
    if (done.has(name) || path.includes(name)) return;
    for (const { file, typeOnly, dynamic } of byName.get(name)?.imports ?? []) {
      if (file && !typeOnly && !dynamic) visit(file, [...path, name]);
    }
    done.add(name);
  };
  for (const { name } of files) visit(name, []);
  expectNone(broken);
});

/** The planner, the scheduler, what is decided about runs, and the compiler of pipelines. */
const isPure = (name: string): boolean =>
  /^(coordinator\/(planner|scheduler|pipelines\/decisions)|pipeline\/compile)\//.test(name);
/** What pure code may load that is not ours: nothing that does I/O, nothing that reads a clock. */
const pureModules = [
  'node:assert',
  'node:assert/strict',
  'node:util',
  'node:path',
  'node:path/posix',
  'json-with-bigint',
  'zod',
];

test('what is pure loads nothing that does I/O', () => {
  const broken: string[] = [];
  const visit = (file: SourceFile | undefined, path: readonly string[]): void => {
    if (file === undefined || path.includes(file.name)) return;
    for (const { specifier, typeOnly, file: imported } of file.imports) {
      if (typeOnly) continue;
      if (imported) visit(byName.get(imported), [...path, file.name]);
      else if (!pureModules.includes(specifier)) broken.push([...path, file.name, specifier].join(' → '));
    }
  };
  for (const file of files) if (isPure(file.name)) visit(file, []);
  expectNone(broken);
});

test('what is pure reads no clock, no chance and no environment', () => {
  const impure = /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|setInterval|process\.)/;
  expectNone(linesMatching(impure, ({ name }) => isPure(name)));
});

test('stdout is data: nothing but the examples uses the console', () => {
  expectNone(linesMatching(/\bconsole\.\w+\(/, ({ name }) => !name.startsWith('examples/')));
});

test('exports have names (fixtures and pipelines are programs of users, who export as they like)', () => {
  const unnamed = files.filter(
    ({ name, hasDefaultExport }) => hasDefaultExport && !/\/(fixtures|pipelines)\//.test(name),
  );
  expectNone(unnamed.map(({ name }) => `${name}: default export`));
});

test('a file holds one thing: 300 lines at most', () => {
  const broken = files.filter(({ lines }) => lines > 300).map(({ name, lines }) => `${name}: ${lines} lines`);
  expectNone(broken);
});

test('a folder can be looked over: 24 files at most', () => {
  const folders = Map.groupBy(files, ({ name }) => dirname(name));
  const broken = [...folders].filter(([, inside]) => inside.length > 24);
  expectNone(broken.map(([folder, inside]) => `${folder}: ${inside.length} files`));
});

test('pages name only places that exist', () => {
  const place = new RegExp(`\`((?:${Object.keys(levels).join('|')})(?:/[\\w.-]+)+)/?\``, 'g');
  const broken = globSync(['README.md', 'docs/**/*.md']).flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(place)].flatMap(([, path = '']) =>
      existsSync(path) || existsSync(`${path}.test.ts`) ? [] : [`${page}: there is no ${path}`],
    ),
  );
  expectNone(broken);
});

test('no test is skipped or alone', () => {
  expectNone(
    linesMatching(/\b(test|it|describe)\.(skip|only|todo)\b|\{\s*(skip|only|todo):/, ({ name }) =>
      name.endsWith('.test.ts'),
    ),
  );
});

test('the package and the wire name the same version', () => {
  assert.equal(JSON.parse(readFileSync('package.json', 'utf8')).version, version);
});

test('the generated pages are up to date: npm run docs', () => {
  assert.equal(readFileSync('docs/configuration.md', 'utf8'), configurationDocs());
  assert.equal(readFileSync('docs/errors.md', 'utf8'), errorDocs());
});

function linesMatching(pattern: RegExp, where: (file: SourceFile) => boolean): string[] {
  return files.filter(where).flatMap(({ name, text }) =>
    text.split('\n').flatMap((line, index) => {
      const code = line.replace(/^\s*(\/\/|\*|\/\*).*/, '');
      return pattern.test(code) ? [`${name}:${index + 1}: ${line.trim()}`] : [];
    }),
  );
}
