import {
  type AstNode,
  type AstValue,
  find,
  inPlaceOf,
  isNode,
  nodesOf,
  rewrite,
  textsOf,
} from '../../../../../shared/sql/ast.ts';
import type { Dialect } from '../../../dialect.ts';
import { namesColumn } from '../../select/groups.ts';
import { allOf, conjunctsOf } from '../conjuncts.ts';
import { NotDistributed } from '../names/names.ts';
import { nullsWhereCorrelated } from '../subqueries/empty-value.ts';
import { isAggregate } from '../subqueries/outside-aggregates.ts';
import { groupedBy, hasGroupOfAll, plainGroups, setsOf } from './dependent-groups.ts';
import { firstRowsOf, partitioned, plainOrders } from './dependent-rows.ts';
import { columnAt, derived, type InDomain, same } from './in-domain.ts';

/** Whether a SELECT yields one row whatever there is: aggregates without keys. */
export function isOneRow(select: AstNode, dialect: Dialect): boolean {
  const { select_list: list, having, group_expressions: groups } = select;
  if (select.type !== 'SELECT_NODE' || nodesOf(groups).length > 0) return false;
  const items = nodesOf(list);
  const isKey = (item: AstNode): boolean => !hasOwnAggregate(item, dialect) && namesColumn(item);
  if (select.aggregate_handling === 'FORCE_AGGREGATES') return !items.some(isKey);
  return having != null || items.some((item) => hasOwnAggregate(item, dialect));
}

/** Aggregates of subqueries in it do not count. */
export const hasOwnAggregate = (tree: AstNode, dialect: Dialect): boolean => {
  const own = rewrite(tree, (node) => (node.class === 'SUBQUERY' ? { type: 'EMPTY' } : undefined));
  return find(own, (node) => isAggregate(node, dialect)).length > 0;
};

/** An aggregation of all rows of a correlated subquery. */
export class DependentAggregate {
  readonly #in: InDomain;

  constructor(inDomain: InDomain) {
    this.#in = inDomain;
  }

  /**
   * One row for each row of the domain, also where it finds none: aggregates count only what was found. With ROLLUP and its like the
   * group of all rows is there where nothing is found, and no other.
   */
  select(node: AstNode): AstNode {
    const { names } = this.#in;
    const [alias, rows, found] = [names.madeUp('around'), names.madeUp('rows'), names.madeUp('is_found')];
    const { orders, ...cut } = this.#modifiers(node);
    const own = this.#in.meanings.ownOf(node);
    const columns = this.#columnsOf(own);
    const inside = <T extends AstValue>(tree: T): T =>
      rewrite(tree, (part) => {
        const column = columns.get(part);
        if (column !== undefined) return { ...columnAt(rows, column), alias: part.alias ?? '' };
        return this.#in.reference(part, alias);
      });
    const { on, within, isInside } = this.#conditions(node);
    const keysOf = this.#in.columns(alias);
    const unpartitioned = inside({
      ...node,
      from_table: null,
      where_clause: null,
      modifiers: [],
      cte_map: node.cte_map ?? null,
    });
    const clauses = partitioned(unpartitioned, keysOf);
    this.#refuseOuterAggregates(node);
    const only = (tree: AstNode): AstNode => this.#onlyWhere(tree, columnAt(rows, found));
    const inner = this.#rowsFound(node, { columns, found, within, isInside });
    const met = isInside
      ? this.#in.domain.keys.map((key, i) => same(keysOf[i] ?? {}, columnAt(rows, key)))
      : on.map(inside);
    const list = nodesOf(clauses.select_list).map((item, i) =>
      this.#in.named(only(item), nodesOf(node.select_list)[i] ?? {}),
    );
    const groups = this.#groupsOf(node, clauses);
    const having = [
      ...(isNode(clauses.having) ? [only(clauses.having)] : []),
      ...(groups.length === 0 ? [] : [this.#foundOrAll(columnAt(rows, found), groups)]),
    ];
    const select = {
      ...clauses,
      ...(having.length === 0 ? {} : { having: allOf(having) }),
      select_list: [...list, ...this.#in.keys(alias)],
      from_table: this.#in.join('LEFT', this.#in.table(alias), derived(inner, rows), met),
      ...groupedBy(groups, setsOf(node), keysOf),
      aggregate_handling: 'STANDARD_HANDLING',
      modifiers: [],
    };
    if (groups.length === 0 || (cut.limit === null && cut.offset === 0)) return select;
    const plain = partitioned({ ...clauses, select_list: plainOrders(inside(orders), clauses) }, keysOf).select_list;
    return firstRowsOf(select, { ...cut, orders: nodesOf(plain).map(only) }, this.#in);
  }

  /** ORDER BY, LIMIT and OFFSET. */
  #modifiers(node: AstNode) {
    const { orders, limit, offset, distinct, distinctOn } = this.#in.modifiers(node);
    // There DuckDB has no row where nothing is found.
    if (distinct || distinctOn.length > 0) throw new NotDistributed('a correlated aggregate is made distinct');
    const isCut = (limit !== null && limit < 1) || offset > 0;
    if (isCut && !hasGroupOfAll(node)) throw new NotDistributed('a correlated aggregate is cut');
    return { orders, limit, offset };
  }

  /** What the subquery's own columns are called, by the names that mean them. */
  #columnsOf(own: readonly AstNode[]): ReadonlyMap<AstNode, string> {
    const names = new Map<string, string>();
    return new Map(
      own.map((reference) => {
        const meant = this.#in.meanings.meantBy(reference);
        const name = names.get(meant) ?? this.#in.names.madeUp('column');
        names.set(meant, name);
        return [reference, name];
      }),
    );
  }

  /** GROUP BY without aliases and positions. */
  #groupsOf(node: AstNode, clauses: AstNode): AstNode[] {
    const list = nodesOf(clauses.select_list);
    const groups = nodesOf(clauses.group_expressions);
    if (groups.length > 0 && list.some(({ class: kind }) => kind === 'STAR'))
      throw new NotDistributed('its columns are chosen by pattern');
    if (groups.length > 0 && setsOf(node).filter((set) => set.length === 0).length > 1)
      throw new NotDistributed('a correlated subquery groups by nothing more than once');
    // DuckDB looks at no row of it where nothing is found.
    if (groups.length > 0 && find(clauses, ({ class: kind }) => kind === 'WINDOW').length > 0)
      throw new NotDistributed('a correlated subquery has windows over groups of several sets');
    return plainGroups(clauses);
  }

  /** That a group has rows, or is the one of all rows. */
  #foundOrAll(found: AstNode, groups: readonly AstNode[]): AstNode {
    const all = 2n ** BigInt(groups.length) - 1n;
    const [test = {}] = nodesOf(this.#in.parse(`SELECT bool_or(x) IS NOT NULL OR GROUPING(y) = ${all}`).select_list);
    return rewrite(test, (node) => {
      if (node.type === 'GROUPING_FUNCTION') return { ...node, children: groups };
      return textsOf(node.column_names)[0] === 'x' ? found : undefined;
    });
  }

  /** Conditions that can be asked as the domain meets the rows; all within the rows where some cannot. */
  #conditions(node: AstNode) {
    const all = isNode(node.where_clause) ? conjunctsOf(node.where_clause) : [];
    const isOuter = (tree: AstNode): boolean => find(tree, (part) => this.#in.meanings.outer.has(part)).length > 0;
    const hasSubquery = (tree: AstNode): boolean => find(tree, ({ class: kind }) => kind === 'SUBQUERY').length > 0;
    const outer = all.filter(isOuter);
    const isInside = outer.some(hasSubquery) || (isNode(node.from_table) && isOuter(node.from_table));
    return { on: outer, within: isInside ? all : all.filter((tree) => !isOuter(tree)), isInside };
  }

  #rowsFound(
    node: AstNode,
    {
      columns,
      found,
      within,
      isInside,
    }: {
      readonly columns: ReadonlyMap<AstNode, string>;
      readonly found: string;
      readonly within: readonly AstNode[];
      readonly isInside: boolean;
    },
  ): AstNode {
    const alias = this.#in.names.madeUp('around');
    const from = isNode(node.from_table) ? this.#in.inDomain(node.from_table, alias) : {};
    const known = new Map([...columns].map(([reference, name]) => [name, reference]));
    const list = [...known].map(([name, reference]) => ({ ...reference, alias: name }));
    const marker = { ...(nodesOf(this.#in.parse('SELECT true').select_list)[0] ?? {}), alias: found };
    const where = within.length === 0 ? null : this.#in.inDomain(allOf(within), alias);
    return {
      ...this.#in.parse('SELECT 1'),
      select_list: [...list, marker, ...(isInside ? this.#in.keys(alias) : [])],
      from_table: isInside ? this.#in.withDomain(from, alias) : from,
      where_clause: where,
    };
  }

  /** The aggregates of it over rows that were found. */
  #onlyWhere(tree: AstNode, found: AstNode): AstNode {
    return rewrite(tree, (node) => {
      if (node.class === 'SUBQUERY') return node;
      if (node.type === 'GROUPING_FUNCTION') return this.#nullUnless(found, node);
      if (!isAggregate(node, this.#in.dialect)) return undefined;
      const only = { ...node, filter: isNode(node.filter) ? allOf([node.filter, found]) : found };
      return nullsWhereCorrelated.has(String(node.function_name)) ? this.#nullUnless(found, only) : only;
    });
  }

  #nullUnless(found: AstNode, aggregate: AstNode): AstNode {
    const [item] = nodesOf(this.#in.parse('SELECT CASE WHEN bool_or(x) THEN y END').select_list);
    const place = (tree: AstNode): AstNode | undefined => {
      const [name] = textsOf(tree.column_names);
      return name === 'x' ? found : name === 'y' ? { ...aggregate, alias: '' } : undefined;
    };
    return inPlaceOf(aggregate, rewrite(item ?? {}, place));
  }

  /** An aggregate of nothing but the query around is one of that query. */
  #refuseOuterAggregates(node: AstNode): void {
    const own = new Set(this.#in.meanings.ownOf(node));
    const isOther = (call: AstNode): boolean =>
      isAggregate(call, this.#in.dialect) &&
      find(call, (part) => this.#in.meanings.outer.has(part)).length > 0 &&
      find(call, (part) => own.has(part)).length === 0;
    if (find([...nodesOf(node.select_list), ...nodesOf([node.having ?? null])], isOther).length > 0)
      throw new NotDistributed('a correlated aggregate is of the query around');
  }
}
