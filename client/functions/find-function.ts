import { findSourceMap } from 'node:module';
import { SheafError } from '../../shared/errors.ts';
import type { FunctionNode, Node, NodeOf } from './ast.ts';
import { descendants, isFunction, unwrap, unwrapTypes } from './ast.ts';
import type { CallSite } from './call-site.ts';
import type { ParsedModule } from './parse-module.ts';
import { offsetOf, parseModule, placeOf, shortPath } from './parse-module.ts';
import type { Binding } from './scopes.ts';

/** A function's source text, or an expression for it that has a meaning in the scope of its module. */
export interface FoundFunction {
  readonly module: ParsedModule;
  readonly expression: Node;
  /** For messages. */
  readonly name: string;
  /** The name of the local variable or function by which a function in a block may know itself. */
  readonly self: string | null;
}

/** A function with whatever parameters. */
export type AnyFunction = (...args: never[]) => unknown;

/**
 * Finds the source of a function that was passed to the call at `site`.
 *
 * @throws SheafError `FUNCTION_NOT_FOUND` if there is no such call in a file, or its argument is not a function's text,
 *   an import, or a name of the module's top level
 */
export async function findFunction(fn: AnyFunction, site: CallSite): Promise<FoundFunction> {
  if (site.file === null) throw notFound(site, 'the call is in no file (a REPL, eval, or a generated module)');
  const module = await parseModule(site.file);
  const argument = argumentAt(module, site);
  const resolved = argument === null ? null : resolveArgument(module, argument, site);
  if (resolved !== null && (!isFunction(resolved.expression) || isTextOf(fn, module, resolved.expression))) {
    return resolved;
  }
  const byText = findByText(fn, module);
  if (byText !== null) return { module, expression: byText, name: nameOf(fn, byText), self: null };
  throw notFound(site, 'the source at that place is not the code that runs (was it transformed by a loader?)');
}

/** The function argument of the call that stands at the site's position. */
function argumentAt(module: ParsedModule, site: CallSite): Node | null {
  const offset = offsetOf(module.source, site.line, site.column);
  const mapped = mappedOffset(module, site);
  for (const at of mapped === null ? [offset] : [mapped, offset]) {
    const call = callAt(module.program, at);
    if (call !== null) return functionArgument(call, site.argument ?? 0);
  }
  return null;
}

/** Where a loader transforms modules and gives source maps, positions are those of the transformed text. */
function mappedOffset({ file, source }: ParsedModule, site: CallSite): number | null {
  const origin = findSourceMap(file)?.findOrigin(site.line, site.column);
  if (origin === undefined || !('lineNumber' in origin)) return null;
  return origin.fileName.endsWith(file) ? offsetOf(source, origin.lineNumber, origin.columnNumber) : null;
}

/**
 * V8 gives a call the position of the property's name in `a.map(f)`, of the name in `map(f)`, and of the opening
 * parenthesis otherwise: `a['map'](f)`, `(a.map)(f)`.
 */
function callAt(program: Node, offset: number): NodeOf<'CallExpression'> | null {
  for (const node of descendants(program, (parent) => parent.start <= offset && offset < parent.end)) {
    if (node.type === 'CallExpression' && isPositionOf(node, offset)) return node;
  }
  return null;
}

function isPositionOf({ callee, arguments: [first], end }: NodeOf<'CallExpression'>, offset: number): boolean {
  if (callee.type === 'Identifier') return offset === callee.start;
  if (callee.type === 'MemberExpression' && !callee.computed) return offset === callee.property.start;
  return offset >= callee.end && offset < (first?.start ?? end);
}

/** The argument, or the one behind it of `ds.map.call(ds, f)`. */
function functionArgument({ callee, arguments: args }: NodeOf<'CallExpression'>, index: number): Node | null {
  const isCall = callee.type === 'MemberExpression' && !callee.computed && callee.property.name === 'call';
  const argument = args[isCall ? index + 1 : index];
  return argument === undefined || argument.type === 'SpreadElement' ? null : unwrap(argument);
}

function resolveArgument(module: ParsedModule, argument: Node, site: CallSite): FoundFunction {
  if (isFunction(argument)) {
    return { module, expression: argument, name: argument.id?.name ?? `the ${site.method} function`, self: null };
  }
  const root = rootIdentifier(argument);
  if (root === null) throw notFound(site, `its argument is ${describe(module, argument)}`);
  const binding = module.references.find((reference) => reference.node.start === root.start)?.binding ?? null;
  const name = module.source.slice(argument.start, argument.end);
  if (binding === null || binding.scope.kind === 'module') return { module, expression: argument, name, self: null };
  return { module, expression: localFunction(binding, argument, module, site), name, self: binding.name };
}

/** `a` of `a` and of `a.b.c`; null for anything else. */
function rootIdentifier(node: Node): NodeOf<'Identifier'> | null {
  const inner = unwrap(node);
  if (inner.type === 'Identifier') return inner;
  return inner.type === 'MemberExpression' && !inner.computed ? rootIdentifier(inner.object) : null;
}

/** The text of `const f = …` or `function f() …` in a block. */
function localFunction(binding: Binding, argument: Node, module: ParsedModule, site: CallSite): FunctionNode {
  const { declaration, kind } = binding;
  if (argument.type === 'Identifier' && kind === 'value') {
    if (isFunction(declaration)) return declaration;
    const isConst = declaration.type === 'VariableDeclarator' && declaration.id.type === 'Identifier';
    const init = isConst && declaration.init ? unwrap(declaration.init) : null;
    if (isFunction(init)) return init;
  }
  const what = kind === 'parameter' ? 'a parameter' : 'a local variable';
  throw notFound(
    site,
    `its argument ${binding.name} is ${what} (${placeOf(module, declaration)}), not a known function`,
  );
}

function describe({ source }: ParsedModule, node: Node): string {
  const text = source.slice(node.start, node.end).replace(/\s+/g, ' ');
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return `the expression \`${short}\`, which is evaluated only here`;
}

/** Whether `node` is the text of the running function: the same, but for types that were replaced by blanks. */
function isTextOf(fn: AnyFunction, { source }: ParsedModule, node: FunctionNode): boolean {
  const running = Function.prototype.toString.call(fn);
  if (running.length !== endWithoutTypes(node) - node.start) return false;
  for (let i = 0; i < running.length; i++) {
    if (running[i] !== source[node.start + i] && !/[\s;(),]/.test(running[i] ?? '')) return false;
  }
  return true;
}

/** A running arrow `(x) => x as T` ends before its blanks. */
function endWithoutTypes(node: FunctionNode): number {
  const { body } = node;
  return body === null || body.type === 'BlockStatement' ? node.end : unwrapTypes(body).end;
}

/** The only function of the module that has the text of the running one. */
function findByText(fn: AnyFunction, module: ParsedModule): FunctionNode | null {
  const same = [...descendants(module.program)].filter(isFunction).filter((node) => isTextOf(fn, module, node));
  return same.length === 1 && same[0] !== undefined ? same[0] : null;
}

const nameOf = (fn: AnyFunction, node: FunctionNode): string => node.id?.name ?? (fn.name || 'an anonymous function');

const notFound = (site: CallSite, why: string): SheafError =>
  new SheafError(
    'FUNCTION_NOT_FOUND',
    `The source of the function passed to ${site.method} at ${site.file === null ? 'an unknown place' : `${shortPath(site.file)}:${site.line}`} is not found: ${why}`,
    {
      next: `Export the function from a module and pass it by name: \`.${site.method}(partOfDay)\`, or write \`.${site.method}((x) => partOfDay(x))\`.`,
    },
  );
