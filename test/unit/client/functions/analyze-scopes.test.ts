import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseText } from '../../../../client/functions/parse-module.ts';

const unbound = async (source: string, file = 'x.ts'): Promise<string[]> => {
  const { references } = await parseText(file, source);
  return [...new Set(references.filter(({ binding }) => binding === null).map(({ name }) => name))].sort();
};

/** Source → names that nothing in it declares. */
const cases: readonly (readonly [string, readonly string[]])[] = [
  ['type A = typeof b; interface C extends D { e: F } let x: A<G> = h as I;', ['h']],
  ['import type { A } from "a"; import { type B, c } from "b"; c(A, B);', ['A', 'B']],
  ['function f<T extends U>(this: V, a: W, b?: X): Y { return a; }', []],
  ['enum Kind { A, B = A + other } use(Kind.C);', ['other', 'use']],
  ['namespace N { export const a = b; } declare const c: number; c;', ['b', 'c']],
  [
    'class P { constructor(private a: B = c, d = a) {} e = this.f; static { g; } [h] = 1; declare i: J; }',
    ['c', 'g', 'h'],
  ],
  ['@dec class Q extends R { @inner() m() { super.m(); } }', ['R', 'dec', 'inner']],
  ['a.b.c; a?.[d]; ({ e, f: g, [h]: i, j() {} }); l: for (;;) break l;', ['a', 'd', 'e', 'g', 'h', 'i']],
  ['({ a, b: c.d, ...e.f } = g); [h, i = j] = k;', ['a', 'c', 'e', 'g', 'h', 'i', 'j', 'k']],
  ['const { a, [b]: { c } = d, ...e } = f; a + c + e;', ['b', 'd', 'f']],
  ['function f(a = () => x, b = a) { var x = b; return arguments[0] + new.target + x; }', ['x']],
  ['(x satisfies Y)!; <Z>w; f<T>(u); import.meta.url; import("v");', ['f', 'import.meta', 'u', 'w', 'x']],
  ['export { a as b }; export { c } from "d"; export * as e from "f"; export default g;', ['a', 'g']],
  ['function o(a: string): void; function o(a: number): void; function o(a: unknown) { a; }', []],
  ['abstract class S { abstract t(u: V): W; abstract x: Y; }', []],
  ['switch (a) { case b: let c = d; default: c; } c;', ['a', 'b', 'c', 'd']],
  [`tag\`x\${a}\`; async () => { for await (const b of c) b; }; (function* () { yield* d; });`, ['a', 'c', 'd', 'tag']],
];

for (const [source, expected] of cases) {
  test(`names that are not declared: ${source}`, async () => {
    assert.deepEqual(await unbound(source), [...expected]);
  });
}

test('JSX names its components', async () => {
  assert.deepEqual(await unbound('<A.b c={d} {...e}><f><G/></f></A.b>', 'x.tsx'), ['A', 'G', 'd', 'e']);
});

const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const anyName = fc.constantFrom(...names);
const used = anyName.map((name) => `typeof ${name};`);

/** Stands where a body begins that another declaration of its name may keep from running. */
const mark = '/* runs */';

/** Programs in which everything runs, so that all names that they use are looked up. */
const { block } = fc.letrec<{ block: string; statement: string }>((tie) => {
  const body = tie('block');
  const pattern = fc.oneof(
    anyName,
    anyName.map((name) => `{ x: ${name} }`),
    fc.tuple(anyName, anyName).map(([a, b]) => `{ ${a}, y: [...${b}] = [] }`),
    fc.tuple(anyName, anyName).map(([a, b]) => `{ x: ${a} = typeof ${b} }`),
  );
  const params = fc
    .array(
      pattern.map((text) => `${text} = {}`),
      { maxLength: 2 },
    )
    .map((list) => list.join(', '));
  return {
    block: fc
      .tuple(
        fc.array(fc.tuple(fc.constantFrom('let', 'const'), pattern), { maxLength: 2 }),
        fc.array(tie('statement'), { maxLength: 4 }),
      )
      .map(([declared, statements]) =>
        [...declared.map(([kind, text]) => `${kind} ${text} = {};`), ...statements].join('\n'),
      ),
    statement: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'statement' },
      used,
      anyName.map((name) => `var ${name};`),
      body.map((text) => `{ ${text} }`),
      body.map((text) => `if (true) { ${text} }`),
      fc.tuple(anyName, body).map(([name, text]) => `function ${name}() { ${mark} ${text} }\n${name}();`),
      fc.tuple(anyName, params, body).map(([name, list, text]) => `(function ${name}(${list}) { ${text} })();`),
      fc.tuple(params, body).map(([list, text]) => `((${list}) => { ${text} })();`),
      fc.tuple(params, anyName).map(([list, name]) => `((${list}) => typeof ${name})();`),
      fc.tuple(anyName, anyName, body).map(([name, other, text]) => {
        return `(class ${name} { static x = typeof ${other}; static { ${text} } static [typeof ${other}] = 1; });`;
      }),
      fc.tuple(anyName, anyName, body).map(([name, other, text]) => {
        return `new (class ${name} { y = typeof ${other}; constructor(${other} = 1) { ${text} } })();`;
      }),
      fc.tuple(pattern, body).map(([text, inner]) => `for (const ${text} of [{}]) { ${inner} }`),
      fc.tuple(anyName, body).map(([name, text]) => `for (let ${name} = 0; ${name} < 1; ${name}++) { ${text} }`),
      fc.tuple(anyName, body).map(([name, text]) => `for (var ${name} in { x: 1 }) { ${text} }`),
      fc.tuple(pattern, body).map(([text, inner]) => `try { throw {}; } catch (${text}) { ${inner} }`),
      fc.tuple(anyName, body).map(([name, text]) => `switch (typeof ${name}) { default: ${text} }`),
    ),
  };
});

/** The names that V8 looks up outside of a program; null if it is not valid or does not run to its end in all parts. */
function lookedUp(program: string): string[] | null {
  const seen = new Set<string>();
  const outside = new Proxy(
    {},
    {
      has: (_, name) => {
        if (typeof name === 'string' && names.includes(name)) seen.add(name);
        return false;
      },
    },
  );
  const ran = new Set<number>();
  const [first = '', ...bodies] = program.split(mark);
  const marked = bodies.reduce((text, body, index) => `${text} ran(${index}); ${body}`, first);
  try {
    new Function('outside', 'ran', `with (outside) { (function () { 'use strict';\n${marked}\n})(); }`)(
      outside,
      (body: number) => ran.add(body),
    );
  } catch {
    return null;
  }
  return ran.size === bodies.length ? [...seen].sort() : null;
}

test('names are resolved as V8 resolves them', async () => {
  let valid = 0;
  await fc.assert(
    fc.asyncProperty(block, async (program) => {
      const expected = lookedUp(program);
      fc.pre(expected !== null);
      valid++;
      assert.deepEqual(await unbound(`(function () {\n${program}\n})();`, 'x.js'), expected);
    }),
    { numRuns: 400 },
  );
  assert.ok(valid >= 400);
});
