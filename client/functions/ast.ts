import type { Node } from 'oxc-parser';

export type { Node } from 'oxc-parser';
/** The syntax node of one type. */
export type NodeOf<Type extends Node['type']> = Node & { readonly type: Type };
/** The syntax nodes that are functions. */
export type FunctionNode =
  | NodeOf<'FunctionDeclaration'>
  | NodeOf<'FunctionExpression'>
  | NodeOf<'ArrowFunctionExpression'>;

/** A range of the source, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Whether a range lies within another. */
export const contains = (outer: Span, inner: Span): boolean => outer.start <= inner.start && inner.end <= outer.end;

/** Whether a node is a function of any form. */
export const isFunction = (node: Node | null | undefined): node is FunctionNode =>
  node?.type === 'FunctionDeclaration' ||
  node?.type === 'FunctionExpression' ||
  node?.type === 'ArrowFunctionExpression';

const notChildren = new Set(['type', 'start', 'end', 'range', 'parent']);

/** The nodes directly under a node. */
export function* children(node: Node): Generator<Node> {
  for (const [key, value] of Object.entries(node)) {
    if (notChildren.has(key)) continue;
    if (Array.isArray(value)) yield* value.filter(isNode);
    else if (isNode(value)) yield value;
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value;

/** A node and all nodes under it, parents first; `enter` says whether to look inside. */
export function* descendants(node: Node, enter: (node: Node) => boolean = () => true): Generator<Node> {
  yield node;
  if (enter(node)) for (const child of children(node)) yield* descendants(child, enter);
}

/** An expression without the type assertions around it. */
export function unwrapTypes(node: Node): Node {
  switch (node.type) {
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'TSInstantiationExpression':
      return unwrapTypes(node.expression);
    default:
      return node;
  }
}

/** An expression without the parentheses, type assertions and optional chain around it. */
export function unwrap(node: Node): Node {
  const inner = unwrapTypes(node);
  const isWrapped = inner.type === 'ParenthesizedExpression' || inner.type === 'ChainExpression';
  return isWrapped ? unwrap(inner.expression) : inner;
}
