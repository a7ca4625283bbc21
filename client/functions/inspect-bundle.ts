import type { FunctionNode, Node } from './ast.ts';
import { children, contains, descendants, isFunction, unwrap } from './ast.ts';
import { isSheaf } from './check-slice.ts';
import type { ParsedModule } from './parse-module.ts';
import { parseText } from './parse-module.ts';
import type { Binding } from './scopes.ts';

/** What a bundle's text says about its default export. */
interface BundleFacts {
  /** Calls to `connect` or `local` of this library survived tree-shaking. */
  readonly startsCluster: boolean;
  /** It surely returns a promise: it is async, or hands on what an async function returns. */
  readonly isAsync: boolean;
  /** The columns that it reads of its first argument, a row; null where the row goes elsewhere as a whole. */
  readonly reads: readonly string[] | null;
}

/** Reads a bundle, one ES module in plain JavaScript without its imports' texts. */
export async function inspectBundle(code: string): Promise<BundleFacts> {
  const module = await parseText('bundle.js', code);
  const exported = defaultExport(module);
  return {
    startsCluster: startsCluster(module),
    isAsync: exported !== null && returnsPromise(module, exported, new Set()),
    reads: exported === null ? null : columnsRead(module, exported, 0, new Set()),
  };
}

const starters = new Set<string | undefined>(['connect', 'local']);

function startsCluster({ program }: ParsedModule): boolean {
  const locals = new Set<string>();
  for (const statement of program.body) {
    if (statement.type !== 'ImportDeclaration' || !isSheaf(statement.source.value)) continue;
    for (const specifier of statement.specifiers) {
      if (specifier.type !== 'ImportSpecifier') locals.add(specifier.local.name);
      else if (specifier.imported.type === 'Identifier' && starters.has(specifier.imported.name)) return true;
    }
  }
  if (locals.size === 0) return false;
  return [...descendants(program)].some(
    (node) =>
      node.type === 'MemberExpression' &&
      node.object.type === 'Identifier' &&
      locals.has(node.object.name) &&
      (node.computed || starters.has(node.property.name)),
  );
}

/** The function behind `export { local as default }`, which is how esbuild writes default exports. */
function defaultExport(module: ParsedModule): FunctionNode | null {
  for (const statement of module.program.body) {
    if (statement.type !== 'ExportNamedDeclaration') continue;
    for (const { local, exported } of statement.specifiers) {
      const name = exported.type === 'Identifier' ? exported.name : exported.value;
      if (name === 'default' && local.type === 'Identifier')
        return functionOf(module, module.module.bindings.get(local.name));
    }
  }
  return null;
}

/** The function that a name of the top level always is. */
function functionOf(module: ParsedModule, binding: Binding | null | undefined): FunctionNode | null {
  if (binding?.scope.kind !== 'module' || isReassigned(module, binding)) return null;
  const { declaration } = binding;
  if (isFunction(declaration)) return declaration;
  const init = declaration.type === 'VariableDeclarator' && declaration.init ? unwrap(declaration.init) : null;
  if (init?.type === 'Identifier') return namedFunction(module, init);
  return isFunction(init) ? init : null;
}

const namedFunction = (module: ParsedModule, callee: Node): FunctionNode | null =>
  callee.type === 'Identifier'
    ? functionOf(module, module.references.find(({ node }) => node.start === callee.start)?.binding)
    : null;

/** Whether a name stands anywhere as the target of an assignment. */
function isReassigned({ program, references }: ParsedModule, binding: Binding): boolean {
  const uses = new Set(references.filter((use) => use.binding === binding).map(({ node }) => node));
  return [...descendants(program)].some(
    (node) =>
      (node.type === 'AssignmentExpression' && [...descendants(node.left)].some((target) => uses.has(target))) ||
      (node.type === 'UpdateExpression' && uses.has(node.argument)),
  );
}

function returnsPromise(module: ParsedModule, fn: FunctionNode, seen: Set<Node>): boolean {
  if (fn.async) return true;
  if (fn.generator || seen.has(fn)) return false;
  seen.add(fn);
  const value = returnedValue(fn);
  if (value?.type !== 'CallExpression') return false;
  const called = namedFunction(module, value.callee);
  return called !== null && returnsPromise(module, called, seen);
}

/** The expression of `() => e` and of `() => { return e; }`. */
function returnedValue({ body }: FunctionNode): Node | null {
  if (body === null || body.type !== 'BlockStatement') return body === null ? null : unwrap(body);
  const only = body.body.length === 1 ? body.body[0] : undefined;
  return only?.type === 'ReturnStatement' && only.argument !== null ? unwrap(only.argument) : null;
}

/**
 * The names of the properties that a function can read of its parameter `index`; null if it can do anything else with
 * it. A name that is unknown, an assignment, `arguments` or a direct `eval` all count as anything else.
 */
function columnsRead(module: ParsedModule, fn: FunctionNode, index: number, seen: Set<Node>): readonly string[] | null {
  const parameter = fn.params[index];
  const uses = module.references.filter(({ node }) => contains(fn, node));
  if (uses.some(({ name }) => name === 'arguments' || name === 'eval')) return null;
  if (fn.params.slice(0, index + 1).some((before) => before.type === 'RestElement')) return null;
  if (parameter === undefined || seen.has(fn)) return [];
  if (parameter.type === 'ObjectPattern') return patternNames(parameter);
  if (parameter.type !== 'Identifier') return null;
  const names = new Set<string>();
  const parents = parentsWithin(fn);
  for (const { node, binding } of uses) {
    if (binding?.declaration !== parameter) continue;
    const read = useOf(module, node, parents, new Set([...seen, fn]));
    if (read === null) return null;
    for (const name of read) names.add(name);
  }
  return [...names];
}

/** What one mention of a row reads of it: `row.a`, `row['a']`, `const { a } = row`, `helper(row)`. */
function useOf(
  module: ParsedModule,
  node: Node,
  parents: ReadonlyMap<Node, Node>,
  seen: Set<Node>,
): readonly string[] | null {
  const parent = parents.get(node);
  switch (parent?.type) {
    case 'MemberExpression':
      return memberName(parent, node, parents.get(parent));
    case 'VariableDeclarator':
      return parent.init === node && parent.id.type === 'ObjectPattern' ? patternNames(parent.id) : null;
    case 'CallExpression': {
      const index = parent.arguments.indexOf(node as (typeof parent.arguments)[number]);
      const isPlain = !parent.arguments.slice(0, index).some((argument) => argument.type === 'SpreadElement');
      const called = index >= 0 && isPlain ? namedFunction(module, parent.callee) : null;
      return called === null || called.generator ? null : columnsRead(module, called, index, seen);
    }
    default:
      return null;
  }
}

function memberName(
  member: Node & { type: 'MemberExpression' },
  object: Node,
  parent: Node | undefined,
): readonly string[] | null {
  const isChanged =
    parent?.type === 'UpdateExpression' ||
    (parent?.type === 'AssignmentExpression' && parent.left === member) ||
    (parent?.type === 'UnaryExpression' && parent.operator === 'delete') ||
    (parent?.type === 'CallExpression' && parent.callee === member) ||
    (parent?.type === 'TaggedTemplateExpression' && parent.tag === member);
  if (member.object !== object || isChanged) return null;
  if (!member.computed) return member.property.type === 'Identifier' ? [member.property.name] : null;
  const key = member.property;
  return key.type === 'Literal' && typeof key.value === 'string' ? [key.value] : null;
}

function patternNames(pattern: Node & { type: 'ObjectPattern' }): readonly string[] | null {
  const names = pattern.properties.map((property) => {
    if (property.type !== 'Property' || property.computed) return null;
    if (property.key.type === 'Identifier') return property.key.name;
    return property.key.type === 'Literal' ? String(property.key.value) : null;
  });
  return names.every((name) => name !== null) ? names : null;
}

function parentsWithin(root: Node): ReadonlyMap<Node, Node> {
  const parents = new Map<Node, Node>();
  for (const node of descendants(root)) for (const child of children(node)) parents.set(child, node);
  return parents;
}
