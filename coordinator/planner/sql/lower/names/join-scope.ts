import type { JoinType } from '../../../../../shared/plan/nodes/join.ts';
import type { AstNode } from '../../../../../shared/sql/ast.ts';
import { NotDistributed } from './names.ts';
import { isSame, type Scope, type StarItem } from './scope.ts';

/** By what the tree calls them. */
export const joinTypes: Readonly<Record<string, JoinType>> = {
  INNER: 'inner',
  LEFT: 'left',
  RIGHT: 'right',
  OUTER: 'full',
  FULL: 'full',
  SEMI: 'semi',
  ANTI: 'anti',
};

/** What names mean over a join. */
export function joinedScope(type: JoinType, left: Scope, right: Scope, using: readonly string[]): Scope {
  if (type === 'semi' || type === 'anti') return left;
  const isMerged = ({ name }: StarItem): boolean => using.some((wanted) => isSame(wanted, name));
  const merged = (item: StarItem): StarItem => {
    if (!isMerged(item) || leftSided.has(type)) return item;
    const other = oneOf(item.name, right);
    return { name: item.name, tree: type === 'right' ? other : coalesce(item.tree, other) };
  };
  return {
    relations: [...left.relations, ...right.relations],
    star: [...left.star.map(merged), ...right.star.filter((item) => !isMerged(item))],
  };
}

/** What USING merges is the left side's. */
const leftSided: ReadonlySet<JoinType> = new Set<JoinType>(['inner', 'left', 'asof', 'asofLeft']);

/** What NATURAL joins by. */
export const sharedNames = (left: Scope, right: Scope): string[] =>
  left.star.map(({ name }) => name).filter((name) => right.star.some((item) => isSame(item.name, name)));

/** The only column of that name. @throws NotDistributed if there is another */
export function oneOf(name: string, { star }: Scope): AstNode {
  const [tree, ...more] = star.filter((item) => isSame(item.name, name)).map((item) => item.tree);
  if (tree === undefined || more.length > 0) throw new NotDistributed(`"${name}" may be several columns`);
  return tree;
}

const coalesce = (...children: readonly AstNode[]): AstNode => ({
  class: 'OPERATOR',
  type: 'OPERATOR_COALESCE',
  alias: '',
  children,
});
