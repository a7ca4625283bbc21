import { SheafError } from '../../../shared/errors.ts';
import type { SqlFunction } from '../../../shared/plan/nodes/sql.ts';
import { plural } from '../../../shared/quantities.ts';
import {
  type AstNode,
  type AstValue,
  find,
  isNode,
  meaning,
  nodesOf,
  rewrite,
  textsOf,
  walk,
} from '../../../shared/sql/ast.ts';

/** TypeScript functions that a text may call, by name in lower case. */
export type SqlFunctions = ReadonlyMap<string, SqlFunction>;

/** The functions that a plan brings, by name in lower case. */
export const functionsByName = (functions: readonly SqlFunction[] = []): SqlFunctions =>
  new Map(functions.map((each) => [each.name.toLowerCase(), each]));

/** The TypeScript function that a node calls. */
export const functionOf = (node: AstNode, functions: SqlFunctions): SqlFunction | undefined =>
  node.class === 'FUNCTION' && !node.schema && !node.catalog
    ? functions.get(String(node.function_name).toLowerCase())
    : undefined;

/** Whether a TypeScript function is called anywhere in a tree. */
export const hasCall = (tree: AstValue | undefined, functions: SqlFunctions): boolean =>
  find(tree, (node) => functionOf(node, functions) !== undefined).length > 0;

/** Calls in lambdas whose arguments take the lambda's parameters: DuckDB would have to make them. */
export const callsOfElements = (tree: AstNode, functions: SqlFunctions): AstNode[] =>
  find(tree, ({ class: kind }) => kind === 'LAMBDA').flatMap(({ lhs, expr }) => {
    const own = new Set(namesOf(lhs));
    const takes = (node: AstNode): boolean => namesOf(node).some((name) => own.has(name));
    return find(expr, (node) => functionOf(node, functions) !== undefined && takes(node));
  });

const namesOf = (tree: AstValue | undefined): string[] =>
  find(tree, ({ class: kind }) => kind === 'COLUMN_REF').map(({ column_names }) =>
    (textsOf(column_names)[0] ?? '').toLowerCase(),
  );

const isScalar = ({ kind }: SqlFunction): boolean => kind !== 'aggregate';

/** Calls of functions that yield a value for each row and whose arguments hold no such call: they can be made first. */
export function innermostCalls(trees: readonly AstNode[], functions: SqlFunctions): AstNode[] {
  const found = new Map<string, AstNode>();
  walk(trees, (node) => {
    const called = functionOf(node, functions);
    if (
      called === undefined ||
      !isScalar(called) ||
      nodesOf(node.children).some((child) => hasScalar(child, functions))
    )
      return undefined;
    found.set(called.deterministic ? meaning(node) : `${meaning(node)} ${found.size}`, node);
    return false;
  });
  return [...found.values()];
}

/** Whether a TypeScript function that yields a value for each row is called anywhere in a tree. */
export const hasScalar = (tree: AstNode, functions: SqlFunctions): boolean =>
  find(tree, (node) => {
    const called = functionOf(node, functions);
    return called !== undefined && isScalar(called);
  }).length > 0;

/**
 * The trees with a call, wherever it stands, replaced. One that may have another value each time stands in one place.
 */
export const replaceCall = (
  trees: readonly AstNode[],
  call: AstNode,
  by: AstNode,
  functions: SqlFunctions,
): AstNode[] => {
  const isSame = (node: AstNode): boolean =>
    node === call || (functionOf(call, functions)?.deterministic === true && meaning(node) === meaning(call));
  return trees.map((tree) =>
    rewrite(tree, (node) =>
      functionOf(node, functions) !== undefined && isSame(node) ? { ...by, alias: node.alias ?? '' } : undefined,
    ),
  );
};

/** @throws SheafError `SQL_INVALID` for another number of arguments, or DISTINCT and ORDER BY in them */
export function argumentsOf(call: AstNode, { name, args, kind }: SqlFunction): readonly AstNode[] {
  const given = nodesOf(call.children);
  const orders = isNode(call.order_bys) ? nodesOf(call.order_bys.orders) : [];
  if (call.distinct === true || orders.length > 0 || (kind !== 'aggregate' && isNode(call.filter))) {
    const what = kind === 'aggregate' ? 'no DISTINCT and no ORDER BY' : 'no DISTINCT, ORDER BY or FILTER';
    const next = kind === 'aggregate' ? 'Leave it out; make rows distinct in a subquery of FROM.' : 'Leave it out.';
    throw refused(name, `${name} takes its arguments as they come: ${what}`, next);
  }
  if (given.length === args.length) return given;
  const takes = args.map((arg) => `${arg.name} ${arg.type}`).join(', ');
  throw refused(
    name,
    `${name} takes ${plural(args.length, 'argument')} and gets ${given.length}`,
    `Call ${name}(${takes}).`,
  );
}

/** An error about a function, in words for its caller. */
export const refused = (name: string, message: string, next: string): SheafError =>
  new SheafError('SQL_INVALID', message, { next, details: { function: name } });
