import { SheafError } from '../../shared/errors.ts';
import type { Node } from './ast.ts';
import { contains, descendants, isFunction, unwrap } from './ast.ts';
import type { FoundFunction } from './find-function.ts';
import { placeOf } from './parse-module.ts';
import type { Binding, Reference } from './scopes.ts';
import type { Slice } from './slice.ts';

/**
 * Refuses what would not be on a worker what it is here: captured variables, `this` from outside, module state that
 * only top-level statements fill, places of this process.
 *
 * @throws SheafError `FUNCTION_CAPTURE`, `FUNCTION_STARTS_CLUSTER`
 */
export function checkSlice(found: FoundFunction, slice: Slice): void {
  refuseCaptures(found);
  refuseCluster(found, slice);
  for (const reference of slice.references) refusePlace(found, reference);
  for (const declaration of slice.declarations) refuseUsing(found, declaration);
  refuseFilledByStatements(found, slice);
}

function refuseCaptures(found: FoundFunction): void {
  const { module, expression, name } = found;
  const captured = module.references.filter((use) => contains(expression, use.node) && isCaptured(found, use));
  const first = captured[0];
  if (first === undefined) return;
  const place = placeOf(module, first.node);
  const receiver = captured.find(({ binding }) => binding?.kind === 'implicit');
  if (receiver !== undefined) {
    throw new SheafError('FUNCTION_CAPTURE', `${name} uses \`${receiver.name}\` of the code around it at ${place}`, {
      next: 'Functions run on workers, where the object does not exist: pass what it needs as `params`, or write a plain function.',
    });
  }
  const names = [...new Set(captured.map((use) => use.name))];
  throw new SheafError(
    'FUNCTION_CAPTURE',
    `${name} uses ${names.map((each) => `\`${each}\``).join(', ')} of the code around it at ${place}: variables of an enclosing function or block do not travel to workers`,
    { next: paramsAdvice(names) },
  );
}

const paramsAdvice = (names: readonly string[]): string =>
  `Pass data as params, \`(row, { ${names.join(', ')} }) => …, { params: { ${names.join(', ')} } }\`, or declare ${names.length === 1 ? 'it' : 'them'} at the top level of a module.`;

/** Bound outside the expression, but not at the module's top level (where `this` is nothing to use either). */
function isCaptured({ expression, self }: FoundFunction, { binding }: Reference): boolean {
  if (binding === null || contains(expression, binding.scope.node)) return false;
  if (binding.scope.kind === 'module') return binding.kind === 'implicit';
  return binding.name !== self || binding.kind === 'implicit';
}

const starters = new Set(['connect', 'local']);

/** Whether an import's source is this library: by its name, or by its index within this repository. */
export const isSheaf = (source: string): boolean => source === 'sheaf' || /(^|\/)client\/index\.[jt]s$/.test(source);

function refuseCluster(found: FoundFunction, { references }: Slice): void {
  for (const { node, binding } of references) {
    if (binding === null || !importsStarter(found, binding, node)) continue;
    throw startsCluster(found.name, placeOf(found.module, node));
  }
}

/** The error for a function that would connect to a cluster on every worker. @param place for messages */
export const startsCluster = (name: string, place: string): SheafError =>
  new SheafError('FUNCTION_STARTS_CLUSTER', `${name} needs code that starts a cluster or connects to one (${place})`, {
    next: 'Every worker would do the same. Move the function and what it needs to a module of its own, and import it.',
  });

function importsStarter({ module }: FoundFunction, { declaration }: Binding, node: Node): boolean {
  const statement = module.program.body.find((candidate) => contains(candidate, declaration));
  if (statement?.type !== 'ImportDeclaration' || !isSheaf(statement.source.value)) return false;
  if (declaration.type !== 'ImportSpecifier') return isStarterMember(module.program, node);
  return declaration.imported.type === 'Identifier' && starters.has(declaration.imported.name);
}

/** `sheaf.connect` for `import * as sheaf`. */
function isStarterMember(program: Node, object: Node): boolean {
  for (const node of descendants(program, (parent) => contains(parent, object))) {
    if (node.type === 'MemberExpression' && node.object === object && !node.computed) {
      return starters.has(node.property.name);
    }
  }
  return false;
}

function refusePlace({ module, name }: FoundFunction, { node, binding, name: used }: Reference): void {
  if (binding !== null) return;
  const text = module.source.slice(node.start, node.end + '.argv'.length);
  const what = used === 'import.meta' ? 'import.meta' : text === 'process.argv' ? text : null;
  if (what === null) return;
  throw new SheafError(
    'FUNCTION_CAPTURE',
    `${name} needs \`${what}\` (${placeOf(module, node)}), which is another on a worker`,
    {
      next: 'Read it where the job is built, and pass what the function needs as `params`.',
    },
  );
}

function refuseUsing({ module, name }: FoundFunction, declaration: Node): void {
  if (declaration.type !== 'VariableDeclaration' || !declaration.kind.endsWith('using')) return;
  throw new SheafError(
    'FUNCTION_CAPTURE',
    `${name} needs a resource that is held by \`using\` at ${placeOf(module, declaration)}`,
    {
      next: 'A resource of this process is not there on a worker: open it within the function, or pass data as `params`.',
    },
  );
}

/** `const byCode = new Map(); for (…) byCode.set(…)`: on a worker the map would be empty, and the answers wrong. */
function refuseFilledByStatements({ module, name }: FoundFunction, { declarations, bindings }: Slice): void {
  const rootOf = new Map(module.references.map(({ node, binding }) => [node.start, binding]));
  for (const statement of module.program.body) {
    if (declarations.some((declaration) => contains(statement, declaration))) continue;
    for (const node of descendants(statement, (parent) => !isFunction(parent))) {
      const target = changedBy(node)
        .map((changed) => rootOf.get(changed.start))
        .find((root) => root && bindings.has(root));
      if (!target) continue;
      throw new SheafError(
        'FUNCTION_CAPTURE',
        `${name} needs \`${target.name}\`, which the statement at ${placeOf(module, node)} changes: workers run a module's declarations, not its statements`,
        {
          next: `Give \`${target.name}\` its value where it is declared, for example \`const ${target.name} = build()\`, or move both to a module that the function imports.`,
        },
      );
    }
  }
}

const mutators = new Set(
  'set add push unshift splice sort reverse delete clear pop shift fill copyWithin append'.split(' '),
);
const objectMutators = new Set(['assign', 'defineProperty', 'defineProperties', 'setPrototypeOf']);

/** The roots of what an expression changes in place or assigns. */
function changedBy(node: Node): readonly Node[] {
  switch (node.type) {
    case 'AssignmentExpression':
      return [...rootsOf(node.left)];
    case 'UpdateExpression':
      return [...rootsOf(node.argument)];
    case 'UnaryExpression':
      return node.operator === 'delete' ? [...rootsOf(node.argument)] : [];
    case 'ForOfStatement':
    case 'ForInStatement':
      return node.left.type === 'VariableDeclaration' ? [] : [...rootsOf(node.left)];
    case 'CallExpression':
      return changedByCall(node.callee, node.arguments[0]);
    default:
      return [];
  }
}

function changedByCall(callee: Node, first: Node | undefined): readonly Node[] {
  const method = unwrap(callee);
  if (method.type !== 'MemberExpression' || method.computed) return [];
  const isObject = method.object.type === 'Identifier' && method.object.name === 'Object';
  if (isObject && first !== undefined && objectMutators.has(method.property.name)) return [...rootsOf(first)];
  return mutators.has(method.property.name) ? [...rootsOf(method.object)] : [];
}

/** The identifiers at the left end of `a.b[c]`, and all of a destructuring pattern's. */
function* rootsOf(target: Node): Generator<Node> {
  const node = unwrap(target);
  if (node.type === 'MemberExpression') yield* rootsOf(node.object);
  else if (node.type === 'Identifier') yield node;
  else if (node.type === 'AssignmentPattern') yield* rootsOf(node.left);
  else if (node.type === 'RestElement') yield* rootsOf(node.argument);
  else if (node.type === 'ArrayPattern') for (const each of node.elements) yield* each === null ? [] : rootsOf(each);
  else if (node.type === 'ObjectPattern') {
    for (const each of node.properties) yield* rootsOf(each.type === 'Property' ? each.value : each);
  }
}
