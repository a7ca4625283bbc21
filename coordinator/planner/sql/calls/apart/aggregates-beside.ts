import { type AstNode, find, isNode, meaning, nodesOf, rewrite, tableNamed } from '../../../../../shared/sql/ast.ts';
import { columnNamed, parseExpression } from '../../../expressions/tree.ts';
import { functionOf } from '../../../functions/calls.ts';
import { isCollated } from '../../lower/collated.ts';
import { allOf } from '../../lower/conjuncts.ts';
import { NotDistributed } from '../../lower/names/names.ts';
import { layersOf } from '../../select/groups.ts';
import { groupSetsOf } from '../../select/parts.ts';
import { type Apart, bareSelect, selecting } from './apart.ts';
import { isOnlyGroups } from './groups-out.ts';
import { KnownSelect } from './known-select.ts';
import { UsedColumns } from './used-columns.ts';

/**
 * TypeScript aggregates beside those that only DuckDB can make in one task, for they compare by a collation: both are made of the same
 * rows, each as a relation, and meet by their keys.
 *
 * @param select of `groupsOut`: it selects keys and aggregates
 * @returns nothing where no such aggregates are beside each other
 * @throws NotDistributed for equal sets of keys
 */
export function aggregatesBeside(select: AstNode, apart: Apart): AstNode | undefined {
  const { lowering, functions, tables, relate, relateOnce } = apart;
  const isOurs = (item: AstNode): boolean => functionOf(item, functions) !== undefined;
  const list = nodesOf(select.select_list);
  const keys = nodesOf(select.group_expressions);
  const isKey = (item: AstNode): boolean => keys.some((key) => meaning(key) === meaning(item));
  const others = list.filter((item) => !isOurs(item) && !isKey(item) && item.type !== 'GROUPING_FUNCTION');
  if (!isOnlyGroups(select, lowering) || !list.some(isOurs) || !others.some(isCollated)) return undefined;
  const sets = groupSetsOf(select).groupSets ?? [];
  if (layersOf(sets).length > 1) throw new NotDistributed('some of its sets of keys are equal');
  const known = new KnownSelect(select, tables, lowering);
  const columns = new UsedColumns(known, lowering);
  const { from_table: _, where_clause: __, sample: ___, ...clauses } = known.select;
  const grouped = columns.over(clauses);
  const rows = relateOnce(selecting(columns.written(), known.rows, lowering), tables);
  const by = nodesOf(grouped.group_expressions);
  const sides = [false, true].map((ours) => {
    const items = nodesOf(grouped.select_list).filter((item) => !by.some((key) => meaning(key) === meaning(item)));
    const made = items.filter((item) => isOurs(item) === ours).map((tree) => named(tree, 'of_group'));
    const keyed = [...by, ...setOf(by)].map((tree) => named(tree, 'key'));
    const rest = { from_table: tableNamed(rows), where_clause: null, sample: null };
    return { made, keyed, name: relate({ ...grouped, ...rest, select_list: [...keyed, ...made] }, tables) };
  });
  const [left, right] = sides;
  if (left === undefined || right === undefined) return undefined;
  const all = sides.flatMap(({ made }) => made);
  return {
    ...bareSelect(lowering),
    select_list: nodesOf(grouped.select_list).map((item) => {
      const at = by.findIndex((key) => meaning(key) === meaning(item));
      const column = at < 0 ? all.find((each) => meaning(each) === meaning(item)) : left.keyed[at];
      return { ...columnNamed(String(column?.alias)), alias: item.alias ?? '' };
    }),
    from_table: joined(
      left.name,
      right.name,
      [...by, ...setOf(by)].map((key, i) => ({ key, names: [left.keyed[i], right.keyed[i]] })),
    ),
  };

  /** Which of several sets a group is of. */
  function setOf(trees: readonly AstNode[]): AstNode[] {
    if (sets.length < 2) return [];
    return [{ ...parseExpression(lowering.context.dialect, 'grouping(x)'), children: trees }];
  }

  function named(tree: AstNode, word: string): AstNode {
    return { ...tree, alias: lowering.names.madeUp(word) };
  }

  function joined(one: string, other: string, pairs: readonly Pair[]): AstNode {
    const { dialect } = lowering.context;
    const text = `SELECT 1 FROM a JOIN b ON ${pairs.length > 0 ? 'x IS NOT DISTINCT FROM y' : 'true'}`;
    const [join = {}] = find(dialect.parse(text), ({ type }) => type === 'JOIN');
    const conditions = pairs.map(({ key, names }) => {
      const [x = {}, y = {}] = names.map((column) => alike(key, columnNamed(String(column?.alias))));
      return rewrite(join.condition ?? null, (node) =>
        node.class === 'COLUMN_REF' ? (meaning(node) === meaning(columnNamed('x')) ? x : y) : undefined,
      );
    });
    const condition = conditions.length > 0 ? allOf(conditions.filter(isNode)) : (join.condition ?? null);
    return { ...join, left: tableNamed(one), right: tableNamed(other), condition };
  }
}

interface Pair {
  readonly key: AstNode;
  readonly names: readonly (AstNode | undefined)[];
}

/** Keys that are equal by a collation have one group: any of them stands for it. */
function alike(key: AstNode, column: AstNode): AstNode {
  if (!isCollated(key) || key.type === 'GROUPING_FUNCTION') return column;
  if (key.class !== 'COLLATE') throw new NotDistributed('a collation stands within a key');
  return { ...key, child: column, alias: '' };
}
