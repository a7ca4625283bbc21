import {
  type AstNode,
  find,
  inPlaceOf,
  isNode,
  meaning,
  nodesOf,
  rewrite,
  tableNamed,
} from '../../../../../shared/sql/ast.ts';
import { columnNamed, countOfRows, namesIn } from '../../../expressions/tree.ts';
import { hasCall } from '../../../functions/calls.ts';
import { NotDistributed } from '../../lower/names/names.ts';
import { isAggregate } from '../../lower/subqueries/outside-aggregates.ts';
import type { Lowering } from '../../lower/types.ts';
import { namesColumn, positionOf } from '../../select/groups.ts';
import { type Apart, refuseTwice, selecting } from './apart.ts';
import { collatedAs } from './collations.ts';
import { KnownSelect } from './known-select.ts';

/**
 * A SELECT over its groups, as one relation of keys and aggregates: TypeScript aggregates run there, and what else is called of
 * groups is called over columns.
 *
 * @returns nothing where it has no groups, or is nothing else and no alias is a column's name, too
 * @throws NotDistributed where a name is not understood
 */
export function groupsOut(select: AstNode, apart: Apart): AstNode | undefined {
  const { functions, lowering, tables, relate } = apart;
  const { cte_map: _, from_table: __, where_clause: ___, ...clauses } = select;
  if (select.type !== 'SELECT_NODE' || !hasCall(clauses, functions) || !isGrouped(select, lowering)) return undefined;
  if (isOnlyGroups(select, lowering) && !isAmbiguous(select)) return undefined;
  const known = new KnownSelect(select, tables, lowering);
  const keys = keysOf(known, lowering).map((tree) => ({ tree, name: lowering.names.madeUp('key') }));
  const groups = new Groups(keys, known, lowering);
  const { select_list, having, qualify, modifiers } = known.select;
  const outer = groups.over({ select_list, having, qualify, modifiers } as AstNode);
  const inner = {
    ...selecting(groups.columns(), known.rows, lowering),
    group_expressions: keys.map(({ tree }) => ({ ...tree, alias: '' })),
    group_sets: isForced(select) ? [keys.map((_, at) => at)] : (select.group_sets ?? []),
  };
  refuseTwice(inner, [outer], apart);
  const plain = { group_expressions: [], group_sets: [], aggregate_handling: 'STANDARD_HANDLING', sample: null };
  return {
    ...select,
    ...plain,
    from_table: tableNamed(relate(inner, tables)),
    select_list: outer.select_list ?? [],
    where_clause: outer.having ?? null,
    having: null,
    qualify: outer.qualify ?? null,
    modifiers: outer.modifiers ?? [],
  };
}

const isForced = ({ aggregate_handling: handling }: AstNode): boolean => handling === 'FORCE_AGGREGATES';

const isGrouped = (select: AstNode, lowering: Lowering): boolean =>
  isForced(select) ||
  isNode(select.having) ||
  nodesOf(select.group_expressions).length > 0 ||
  nodesOf(select.select_list).some((item) => aggregatesIn(item, lowering).length > 0);

/** Whether it selects keys and aggregates as they are, of all groups. */
export function isOnlyGroups(select: AstNode, { context }: Lowering): boolean {
  const { select_list: list, modifiers, having, qualify } = select;
  if (isForced(select) || nodesOf(modifiers).length > 0 || isNode(having) || isNode(qualify)) return false;
  const keys = new Set(nodesOf(select.group_expressions).map(meaning));
  const isOfGroups = (item: AstNode): boolean =>
    item.type === 'GROUPING_FUNCTION' || isAggregate(item, context.dialect) || keys.has(meaning(item));
  return nodesOf(list).every(isOfGroups);
}

/** Whether a name that is an alias stands where columns do: made-up aliases never do. */
function isAmbiguous({ select_list, group_expressions, where_clause }: AstNode): boolean {
  const names = namesIn([...nodesOf(group_expressions), ...(isNode(where_clause) ? [where_clause] : [])]);
  return nodesOf(select_list).some(({ alias }) => names.has(String(alias ?? '').toLowerCase()));
}

/** Its own: not those of subqueries. */
function aggregatesIn(tree: AstNode, { context }: Lowering): AstNode[] {
  const inner = new Set(
    find(tree, ({ class: kind }) => kind === 'SUBQUERY').flatMap((node) => find(node.subquery, () => true)),
  );
  return find(tree, (node) => isAggregate(node, context.dialect) && !inner.has(node));
}

/** What it groups by: positions and aliases as what they stand for. */
function keysOf(known: KnownSelect, lowering: Lowering): AstNode[] {
  const items = nodesOf(known.select.select_list).map((item) => known.withoutAliases(item));
  if (isForced(known.select)) {
    if (find(items, ({ class: kind }) => kind === 'WINDOW').length > 0)
      throw new NotDistributed('it groups by all items beside windows');
    return items.filter((item) => aggregatesIn(item, lowering).length === 0 && namesColumn(item));
  }
  return nodesOf(known.select.group_expressions).map((group) => {
    const position = positionOf(group);
    const key = position === undefined ? known.withoutAliases(group) : items[position - 1];
    if (key === undefined) throw new NotDistributed('it groups by a position that is not there');
    return key;
  });
}

interface Key {
  readonly tree: AstNode;
  readonly name: string;
}

/** Keys and aggregates as columns. */
class Groups {
  readonly #known: KnownSelect;
  readonly #lowering: Lowering;
  readonly #keys: readonly Key[];
  readonly #names: ReadonlyMap<string, string>;
  readonly #aggregates = new Map<string, AstNode>();

  constructor(keys: readonly Key[], known: KnownSelect, lowering: Lowering) {
    this.#known = known;
    this.#lowering = lowering;
    this.#keys = keys;
    this.#names = new Map([...keys].reverse().map(({ tree, name }) => [known.canonical(tree), name]));
  }

  columns(): AstNode[] {
    const all = [...this.#keys.map(({ tree, name }) => ({ ...tree, alias: name })), ...this.#aggregates.values()];
    return all.length > 0 ? all : [{ ...countOfRows, alias: this.#lowering.names.madeUp('groups') }];
  }

  /** The tree over them. @throws NotDistributed where a column is neither */
  over(tree: AstNode, isOwn = true): AstNode {
    return rewrite(tree, (node) => {
      if (this.#known.isAliased(node)) return node;
      const key = typeof node.class === 'string' ? this.#names.get(this.#known.canonical(node)) : undefined;
      if (key !== undefined && node.class !== 'CONSTANT') return inPlaceOf(node, collatedAs(node, columnNamed(key)));
      if (isOwn && this.#isOfGroups(node)) return inPlaceOf(node, this.#aggregate(node));
      if (this.#known.columnOf(node) !== undefined) throw new NotDistributed('it takes a column that is no key');
      if (!isOwn || node.class !== 'SUBQUERY') return undefined;
      const child = isNode(node.child) ? this.over(node.child) : (node.child ?? null);
      return { ...node, child, subquery: isNode(node.subquery) ? this.over(node.subquery, false) : null };
    });
  }

  #isOfGroups(node: AstNode): boolean {
    return node.type === 'GROUPING_FUNCTION' || isAggregate(node, this.#lowering.context.dialect);
  }

  /** Arguments speak of rows: an alias in them is what it stands for. */
  #aggregate(node: AstNode): AstNode {
    const tree = this.#known.withoutAliases(node);
    const said = this.#known.canonical(tree);
    const name = String(this.#aggregates.get(said)?.alias ?? this.#lowering.names.madeUp('of_group'));
    if (!this.#aggregates.has(said)) this.#aggregates.set(said, { ...tree, alias: name });
    return collatedAs(tree, columnNamed(name));
  }
}
