import type { PlanNode } from '../../../../shared/plan/node.ts';
import type { JoinType } from '../../../../shared/plan/nodes/join.ts';
import { type AstNode, meaning, nodesOf } from '../../../../shared/sql/ast.ts';
import type { Dialect } from '../../dialect.ts';
import { printExpression } from '../../expressions/tree.ts';
import { columnsIn } from './names/resolver.ts';
import type { Lowering } from './types.ts';

/** A relation that a condition needs beside its own rows: a subquery's, joined before the condition is asked. */
export interface Attachment {
  readonly type: JoinType;
  readonly right: PlanNode | Dependent;
  /** All of them must hold for rows to meet; none: every row meets every row. */
  readonly on: readonly AstNode[];
  /** Columns of its own that its conditions take and that it does not add, in lower case. */
  readonly inner?: ReadonlySet<string>;
  /** Columns that it adds, in lower case. */
  readonly adds: ReadonlySet<string>;
}

/** A relation that depends on the rows that it is joined to. */
export interface Dependent {
  /** Values of those rows, and what they are called in the domain. */
  readonly columns: readonly { readonly name: string; readonly tree: AstNode }[];
  /** The relation for a domain: the different values. */
  plan(domain: PlanNode): PlanNode;
}

export const isDependent = (right: Attachment['right']): right is Dependent => !('kind' in right);

/** What an attachment takes of the rows that it is joined to, and of its own. */
export const treesOf = ({ on, right }: Attachment): AstNode[] => [
  ...on,
  ...(isDependent(right) ? right.columns.map(({ tree }) => tree) : []),
];

/** One condition of several that must all hold. */
export interface Conjunct {
  /** Absent where an attachment alone is the condition, as with EXISTS. */
  readonly tree?: AstNode;
  readonly attachments: readonly Attachment[];
  /** Columns of the relations at hand that it takes, in lower case. */
  readonly names: ReadonlySet<string>;
  readonly volatile: boolean;
}

export const plainConjunct = (tree: AstNode, volatile: boolean): Conjunct => ({
  tree,
  attachments: [],
  names: columnsIn(tree),
  volatile,
});

/** Conditions joined by AND, one by one; also what all branches of an OR have in common. */
export function conjunctsOf(tree: AstNode): AstNode[] {
  if (tree.type === 'CONJUNCTION_AND') return nodesOf(tree.children).flatMap(conjunctsOf);
  if (tree.type !== 'CONJUNCTION_OR') return [tree];
  const [first = [], ...others] = nodesOf(tree.children).map(conjunctsOf);
  const common = first.filter((one) =>
    others.every((branch) => branch.some((other) => meaning(other) === meaning(one))),
  );
  return [...common, tree];
}

/** What an OR says of one relation alone, where each of its branches says something: a weaker condition. */
export function impliedFor(tree: AstNode, isOwn: (tree: AstNode) => boolean): AstNode | undefined {
  if (tree.type !== 'CONJUNCTION_OR') return undefined;
  const branches = nodesOf(tree.children).map((branch) => conjunctsOf(branch).filter(isOwn));
  if (branches.some((own) => own.length === 0)) return undefined;
  return { ...tree, children: branches.map((own) => allOf(own)) };
}

/** One expression of several conditions. */
export function allOf(trees: readonly AstNode[]): AstNode {
  const [only, ...more] = trees;
  if (only === undefined) throw new RangeError('no condition');
  return more.length === 0 ? only : { class: 'CONJUNCTION', type: 'CONJUNCTION_AND', alias: '', children: trees };
}

export const filterBy = (input: PlanNode, trees: readonly AstNode[], dialect: Dialect): PlanNode =>
  trees.length === 0 ? input : { kind: 'filter', input, predicate: printExpression(dialect, allOf(trees)) };

export function joinBy(
  type: JoinType,
  left: PlanNode,
  right: PlanNode,
  on: readonly AstNode[],
  dialect: Dialect,
): PlanNode {
  const sql = on.length === 0 ? 'true' : printExpression(dialect, allOf(on));
  return { kind: 'join', type, left, right, on: { kind: 'condition', sql } };
}

export function applyConjunct(input: PlanNode, { tree, attachments }: Conjunct, lowering: Attaching): PlanNode {
  const attached = attachTo(input, attachments, lowering);
  return tree === undefined ? attached : filterBy(attached, [tree], lowering.context.dialect);
}

/** What joining an attachment takes. */
export type Attaching = Pick<Lowering, 'context' | 'shared'>;

/** Joins attachments, one after the other: each may speak of those before it. */
export const attachTo = (input: PlanNode, attachments: readonly Attachment[], lowering: Attaching): PlanNode =>
  attachments.reduce((rows, attachment) => joinTo(rows, attachment, lowering), input);

function joinTo(input: PlanNode, { type, right, on }: Attachment, lowering: Attaching): PlanNode {
  const { dialect } = lowering.context;
  if (!isDependent(right)) return joinBy(type, input, right, on, dialect);
  const left = lowering.shared(input);
  const columns = right.columns.map(({ name, tree }) => ({ name, sql: printExpression(dialect, tree) }));
  const domain: PlanNode = { kind: 'distinct', input: { kind: 'project', input: left, columns } };
  return joinBy(type, left, right.plan(domain), on, dialect);
}
