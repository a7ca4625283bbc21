import { type AstNode, meaning, nodesOf, textsOf } from '../../../../../shared/sql/ast.ts';
import { positionOf } from '../../select/groups.ts';
import { NotDistributed } from '../names/names.ts';

/** The sets of keys that a SELECT groups by, as places in GROUP BY. */
export const setsOf = ({ group_sets: sets }: AstNode): readonly (readonly number[])[] =>
  Array.isArray(sets) ? (sets as readonly (readonly number[])[]) : [];

/** Whether one of the sets that a SELECT groups by is of no keys: ROLLUP, CUBE. */
export const hasGroupOfAll = (select: AstNode): boolean => setsOf(select).some((set) => set.length === 0);

/** GROUP BY without aliases and positions. */
export function plainGroups(select: AstNode): AstNode[] {
  const list = nodesOf(select.select_list);
  return nodesOf(select.group_expressions).map((group) => {
    const [name, ...more] = textsOf(group.column_names);
    const isNamed = ({ alias }: AstNode): boolean => String(alias || '\n').toLowerCase() === name?.toLowerCase();
    const position = positionOf(group);
    const item = position === undefined ? (more.length > 0 ? undefined : list.findLast(isNamed)) : list[position - 1];
    return { ...(item ?? group), alias: '' };
  });
}

/**
 * Groups within each row of the domain.
 *
 * @param groups without aliases and positions
 * @param keys the domain's columns
 * @throws NotDistributed where one of the domain's values is a key of some sets, and null in others
 */
export function groupedBy(
  groups: readonly AstNode[],
  sets: readonly (readonly number[])[],
  keys: readonly AstNode[],
): Pick<AstNode, 'group_expressions' | 'group_sets'> {
  const added = keys.map((_, i) => groups.length + i);
  const own = groups.length === 0 ? [[]] : sets;
  const known = new Set(keys.map(meaning));
  if (own.length > 1 && groups.some((group) => known.has(meaning(group))))
    throw new NotDistributed('a correlated subquery has a value of the query around as a key of some of its sets');
  return { group_expressions: [...groups, ...keys], group_sets: own.map((set) => [...set, ...added]) };
}
