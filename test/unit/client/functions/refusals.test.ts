import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bundleFunction } from '../../../../client/functions/bundle-function.ts';
import { callSite } from '../../../../client/functions/call-site.ts';
import type { AnyFunction } from '../../../../client/functions/find-function.ts';
import { loadConfig } from '../../../../shared/config/config.ts';
import type { SheafError } from '../../../../shared/errors.ts';

const config = loadConfig();
const folder = mkdtempSync(join(tmpdir(), 'sheaf-test-refusals-'));
after(() => rmSync(folder, { recursive: true }));

/** Bundles the argument of the only `ds.map(…)` of a module's text, as if the module had run. */
async function bundleText(source: string, extra: Readonly<Record<string, string>> = {}, packages: string[] = []) {
  const own = mkdtempSync(join(folder, 'case-'));
  for (const [name, text] of Object.entries({ 'package.json': '{"type":"module"}', 'job.mjs': source, ...extra })) {
    writeFileSync(join(own, name), text);
  }
  const at = source.indexOf('ds.map(') + 'ds.'.length;
  const line = source.slice(0, at).split('\n').length;
  const column = at - source.lastIndexOf('\n', at);
  const inline = /ds\.map\(((async function|(async )?\(|function)[\s\S]*?)\);$/m.exec(source)?.[1];
  // biome-ignore lint/security/noGlobalEval: the running function must have the same text
  const fn = (inline === undefined ? () => 0 : globalThis.eval(`(${inline})`)) as AnyFunction;
  return bundleFunction(fn, { file: join(own, 'job.mjs'), line, column, method: 'map' }, config, packages);
}

/** Name → code, what the message and the next step must say, the module. */
const refused: readonly (readonly [string, SheafError['code'], RegExp, string, Record<string, string>?])[] = [
  [
    'a variable of an enclosing function',
    'FUNCTION_CAPTURE',
    /uses `threshold` of the code around it at .*job\.mjs:3.*params: \{ threshold \}/s,
    'function main(ds) {\n  const threshold = 3;\n  ds.map((row) => row.a > threshold);\n}',
  ],
  [
    'a parameter, a destructured name and a loop variable, all named',
    'FUNCTION_CAPTURE',
    /`a`, `b`, `c`/,
    'function main(ds, { a, x: [b] }) {\n  for (const c of [1]) {\n    ds.map((row) => [a, b, c, row]);\n  }\n}',
  ],
  ['a variable of a block at the top level', 'FUNCTION_CAPTURE', /`x`/, 'for (const x of [1]) {\nds.map(() => x);\n}'],
  ['a catch parameter', 'FUNCTION_CAPTURE', /`e`/, 'try { a(); } catch (e) {\nds.map(() => e);\n}'],
  [
    'a local helper',
    'FUNCTION_CAPTURE',
    /`helper`/,
    'function f() {\n  ds.map((r) => helper(r));\n  function helper() {}\n}',
  ],
  ['`this` of a method', 'FUNCTION_CAPTURE', /`this`/, 'class Job { run(ds) {\n  ds.map((r) => this.x + r);\n} }'],
  ['`this` of a module', 'FUNCTION_CAPTURE', /`this`/, 'ds.map(() => this);'],
  ['`arguments`', 'FUNCTION_CAPTURE', /`arguments`/, 'function f() {\n  ds.map(() => arguments[0]);\n}'],
  ['a method', 'FUNCTION_NOT_FOUND', /`this.transform`/, 'class J { run(ds) {\n  ds.map(this.transform);\n} }'],
  ['import.meta', 'FUNCTION_CAPTURE', /`import\.meta`/, 'const here = import.meta.url;\nds.map(() => here);'],
  [
    'process.argv',
    'FUNCTION_CAPTURE',
    /process\.argv.*another/s,
    'const limit = process.argv[2];\nds.map(() => limit);',
  ],
  [
    'a declaration that a statement fills',
    'FUNCTION_CAPTURE',
    /`byCode`, which the statement at .*job\.mjs:2/,
    'const byCode = new Map();\nfor (const x of [1]) byCode.set(x, x);\nds.map((r) => byCode.get(r));',
  ],
  [
    'a variable assigned later',
    'FUNCTION_CAPTURE',
    /`x`/,
    'let x;\nif (true) { ({ x } = { x: 1 }); }\nds.map(() => x);',
  ],
  ['a resource', 'FUNCTION_CAPTURE', /held by `using`/, 'using db = open();\nfunction open() {}\nds.map(() => db);'],
  [
    'a cluster of the module',
    'FUNCTION_STARTS_CLUSTER',
    /job\.mjs:2/,
    "import { connect as join } from 'sheaf';\nawait using cluster = await join();\nconst rows = cluster.rows;\nds.map(() => rows);",
  ],
  ['a call to local', 'FUNCTION_STARTS_CLUSTER', /./, "import * as s from 'sheaf';\nds.map(() => s.local());"],
  [
    'an imported module that connects',
    'FUNCTION_STARTS_CLUSTER',
    /module that it imports/,
    "import { f } from './other.mjs';\nds.map(f);",
    { 'other.mjs': "import { connect } from 'sheaf';\nconst c = await connect();\nexport const f = (r) => r;" },
  ],
  [
    'an import that is not there',
    'FUNCTION_BUNDLE',
    /"\.\/none\.mjs" is not found/,
    "import { f } from './none.mjs';\nds.map(f);",
  ],
  ['a package that is not there', 'FUNCTION_BUNDLE', /npm install no-such/, "import { f } from 'no-such';\nds.map(f);"],
  [
    'a native addon',
    'FUNCTION_BUNDLE',
    /native addon .*fast\.node/,
    "import { f } from './native.cjs';\nds.map((r) => f(r));",
    { 'native.cjs': "exports.f = require('./fast.node').f;", 'fast.node': '' },
  ],
  ['a parameter', 'FUNCTION_NOT_FOUND', /fn is a parameter/, 'function addPart(ds, fn) {\n  return ds.map(fn);\n}'],
  ['what a call returns', 'FUNCTION_NOT_FOUND', /`make\(3\)`/, 'const make = (n) => () => n;\nds.map(make(3));'],
];

for (const [name, code, expected, source, extra] of refused) {
  test(`refused: ${name}`, async () => {
    await assert.rejects(bundleText(source, extra), (error: SheafError) => {
      assert.equal(error.code, code, error.message);
      assert.match(`${error.message}\n${error.next}`, expected);
      return true;
    });
  });
}

test('a function without a file is refused with the way out', async () => {
  // biome-ignore lint/security/noGlobalEval: code without a file
  const site = globalThis.eval('((callSite) => (function map() { return callSite("map", map); })())')(callSite);
  await assert.rejects(
    bundleFunction(() => 1, { ...site, file: null }, config),
    {
      code: 'FUNCTION_NOT_FOUND',
      next: /Export the function from a module/,
    },
  );
  assert.equal(site.file, null);
});

test('another text than what runs is refused', async () => {
  const site = callSite('map', () => {});
  const file = join(folder, 'other.mjs');
  writeFileSync(file, 'ds.map(() => 2);');
  await assert.rejects(
    bundleFunction(() => 1, { ...site, file, line: 1, column: 4 }, config),
    /not the code that runs/,
  );
});

test('module statements do not travel, what is needed keeps its line', async () => {
  const source =
    "startEngines('side effect');\nlet n = 0;\nfunction bump() { n++; }\nbump();\nds.map(() => (bump(), n));";
  const { code } = await bundleText(source);
  assert.doesNotMatch(code, /side effect/);
  assert.match(code, /function bump/);
});

test('a bundle names neither its machine nor the moment', async () => {
  const source = "import { g } from './g.mjs';\nconst k = 2;\nds.map((row) => g(row) * k);";
  const extra = { 'g.mjs': 'export const g = (row) => row.a;' };
  const [first, second] = [await bundleText(source, extra), await bundleText(source, extra)];
  assert.equal(first.sha256, second.sha256);
  assert.doesNotMatch(first.code, new RegExp(folder));
  const map = Buffer.from(first.code.split('base64,')[1] ?? '', 'base64').toString();
  assert.deepEqual(JSON.parse(map).sources, ['g.mjs', 'job.mjs']);
});

test('the columns that a function reads are known when it is passed by its name', async () => {
  const extra = { 'g.mjs': 'export const g = (row) => row.a;' };
  assert.deepEqual((await bundleText("import { g } from './g.mjs';\nds.map(g);", extra)).reads, ['a']);
  assert.deepEqual((await bundleText("import * as all from './g.mjs';\nds.map(all.g);", extra)).reads, ['a']);
  assert.deepEqual((await bundleText('function f(row) { return row.b; }\nds.map(f);')).reads, ['b']);
});

test('the same call is bundled once', async () => {
  const site = callSite('map', () => {});
  const [a, b] = await Promise.allSettled([
    bundleFunction(() => 1, site, config),
    bundleFunction(() => 1, site, config),
  ]);
  assert.equal(a.status, 'rejected');
  assert.equal((a as PromiseRejectedResult).reason, (b as PromiseRejectedResult).reason);
});

/** What the row function reads → columns. */
const reads: readonly (readonly [string, string, readonly string[] | null])[] = [
  ['members', '(row) => row.a + row["b c"] + row.a', ['a', 'b c']],
  ['a pattern', '({ a, b: { c } }) => a + c', ['a', 'b']],
  ['inner patterns and functions', '(row) => { const { a } = row; return () => row.b + a; }', ['b', 'a']],
  ['helpers', '(row) => helper(1, row) + row.z', ['x', 'y', 'z']],
  ['nothing', '() => 1', []],
  ['a spread', '(row) => ({ ...row, a: 1 })', null],
  ['a rest pattern', '({ a, ...others }) => others', null],
  ['a computed name', '(row) => row[key]', null],
  ['an unknown function', '(row) => JSON.stringify(row)', null],
  ['a method of the row', '(row) => row.toString()', null],
  ['arguments', '(row) => (function () { return arguments; })(row.a)', null],
  ['a changed row', '(row) => { row.a = 1; return row.a; }', null],
  ['an assigned helper', '(row) => swapped(row)', null],
  ['the row itself', '(row) => row', null],
];

for (const [name, text, expected] of reads) {
  test(`columns read: ${name}`, async () => {
    const source = [
      'const key = "a";',
      'const helper = (n, row) => n + row.x + other(row);',
      'function other({ y }) { return y; }',
      'let swapped = (row) => row.a;',
      'export function swap() { swapped = (row) => row.b; return swapped; }',
      'const uses = () => swap();',
      `ds.map(${text.startsWith('(row) => swapped') ? '(row) => swapped(row, uses)' : text});`,
    ].join('\n');
    const { reads: actual } = await bundleText(source);
    assert.deepEqual(actual && [...actual].sort(), expected && [...expected].sort());
  });
}

/** What a function returns → whether it is known to be a promise. */
const promises: readonly (readonly [string, boolean])[] = [
  ['async () => 1', true],
  ['() => later()', true],
  ['(x) => { return later(x); }', true],
  ['async function* () { yield 1; }', true],
  ['() => [later()]', false],
];

for (const [text, expected] of promises) {
  test(`a promise is seen: ${text}`, async () => {
    const bundled = await bundleText(`async function later() {}\nds.map(${text});`).catch(() => null);
    assert.equal(bundled?.async, expected);
  });
}

test('packages that are named stay imports, whether they are installed here or not; what is no package is refused', async () => {
  const source = "import { f } from 'no-such';\nimport { g } from '@no/such/deep';\nds.map((r) => f(g(r)));";
  const { code } = await bundleText(source, {}, ['no-such', '@no/such']);
  assert.match(code, /import \{ f \} from "no-such"/);
  assert.match(code, /from "@no\/such\/deep"/);
  await assert.rejects(bundleText(source, {}, ['./native.cjs']), {
    code: 'FUNCTION_BUNDLE',
    message: /"\.\/native\.cjs" .*no npm package/,
  });
});
