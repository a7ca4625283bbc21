import { type AstNode, find, isNode, meaning, nodesOf, rewrite } from '../../../../../shared/sql/ast.ts';
import { columnNamed } from '../../../expressions/tree.ts';
import { NotDistributed } from '../names/names.ts';
import type { Lowering } from '../types.ts';
import { DependentAggregate, isOneRow } from './dependent-aggregate.ts';
import { groupedBy, hasGroupOfAll, plainGroups, setsOf } from './dependent-groups.ts';
import { firstRows, firstRowsOf, partitioned, plainOrders } from './dependent-rows.ts';
import { type Domain, derived, InDomain, type Meanings } from './in-domain.ts';

/**
 * A correlated subquery as a query that speaks of nothing around it: it yields its rows for each row of the domain, beside
 * that row. The domain stands first in FROM; what groups, orders, cuts or looks at neighbours does so within a row of it.
 * After Neumann and Kemper, "Unnesting Arbitrary Queries" (BTW 2015).
 *
 * @throws NotDistributed
 */
export function dependent(query: AstNode, domain: Domain, meanings: Meanings, lowering: Lowering): AstNode {
  return new Dependents(new InDomain(domain, meanings, lowering)).query(query);
}

class Dependents {
  readonly #in: InDomain;

  constructor(inDomain: InDomain) {
    this.#in = inDomain;
  }

  query(node: AstNode): AstNode {
    if (node.type === 'SET_OPERATION_NODE') return this.#combined(node);
    if (node.type !== 'SELECT_NODE') throw new NotDistributed(`a correlated subquery is a ${String(node.type)}`);
    if (node.sample != null) throw new NotDistributed('a correlated subquery takes a sample');
    refusePatterns(node);
    const hasRowOfNone = isOneRow(node, this.#in.dialect) || hasGroupOfAll(node);
    return hasRowOfNone ? new DependentAggregate(this.#in).select(node) : this.#select(node);
  }

  #combined(node: AstNode): AstNode {
    if (/BY_NAME/.test(String(node.setop_type))) throw new NotDistributed('a correlated subquery is a UNION BY NAME');
    const sides = Object.entries(node).map(([key, value]) => {
      if ((key === 'left' || key === 'right') && isNode(value)) return [key, this.query(value)];
      return [key, key === 'children' ? nodesOf(value).map((child) => this.query(child)) : value];
    });
    const bare = { ...Object.fromEntries(sides), modifiers: [] } as AstNode;
    const { orders, limit, offset, distinct } = this.#in.modifiers(node);
    if (distinct) throw new NotDistributed('a correlated subquery is combined and distinct');
    if (limit === null && offset === 0) return bare;
    const keys = this.#in.domain.keys.map((name) => columnNamed(name));
    const all = { ...this.#in.parse('SELECT * FROM t'), from_table: derived(bare, '') };
    return firstRows(all, { orders: plainOrders(orders, all), limit, offset, keys }, this.#in.dialect);
  }

  /** Rows for each row of the domain; none where it has none. */
  #select(node: AstNode): AstNode {
    const alias = this.#in.names.madeUp('around');
    const keys = this.#in.columns(alias);
    const tree = partitioned(this.#in.inDomain(node, alias), keys);
    const { orders, limit, offset, distinct, distinctOn } = this.#in.modifiers(tree);
    const isCut = limit !== null || offset > 0;
    const cut = { orders: isCut ? plainOrders(orders, tree) : [], limit, offset };
    if (isCut && distinct) refuseOtherOrders(cut.orders, nodesOf(tree.select_list));
    const select = {
      ...tree,
      select_list: [...this.#in.items(node, tree), ...this.#in.keys(alias)],
      from_table: this.#in.withDomain(isNode(tree.from_table) ? tree.from_table : {}, alias),
      ...grouped(tree, keys),
      modifiers: this.#kept(tree, keys),
    };
    if (!isCut) return select;
    const isLast = !distinct && distinctOn.length === 0 && !isNode(tree.qualify) && !hasWindow(cut.orders);
    return isLast ? firstRows(select, { ...cut, keys }, this.#in.dialect) : firstRowsOf(select, cut, this.#in);
  }

  /** DISTINCT stays, within each row of the domain; ORDER BY only where DISTINCT ON needs it. */
  #kept(tree: AstNode, keys: readonly AstNode[]): AstNode[] {
    const all = nodesOf(tree.modifiers);
    const isOn = all.some(({ distinct_on_targets: targets }) => nodesOf(targets).length > 0);
    return all.flatMap((modifier) => {
      if (modifier.type === 'ORDER_MODIFIER') return isOn ? [modifier] : [];
      if (modifier.type !== 'DISTINCT_MODIFIER') return [];
      const targets = nodesOf(modifier.distinct_on_targets);
      return [targets.length === 0 ? modifier : { ...modifier, distinct_on_targets: [...keys, ...targets] }];
    });
  }
}

const hasWindow = (trees: readonly AstNode[]): boolean =>
  find(trees, ({ class: kind }) => kind === 'WINDOW').length > 0;

/** What is no column of distinct rows is of one of the rows that were equal. */
function refuseOtherOrders(orders: readonly AstNode[], items: readonly AstNode[]): void {
  const changes = ['relation_name', 'exclude_list', 'replace_list', 'rename_list', 'qualified_exclude_list'];
  const isWhole = (star: AstNode): boolean => changes.every((name) => String(star[name] ?? '') === '');
  const isAll = items.some((item) => item.class === 'STAR' && isWhole(item));
  const known = new Set(items.map((item) => meaning({ ...item, alias: '' })));
  const isKnown = ({ expression }: AstNode): boolean =>
    isNode(expression) && (known.has(meaning(expression)) || (isAll && expression.class === 'COLUMN_REF'));
  if (!orders.every(isKnown)) throw new NotDistributed('a correlated subquery orders distinct rows by something else');
}

/** Stars that mean columns of FROM within expressions would mean the domain's, too. */
function refusePatterns({
  from_table: _,
  modifiers: __,
  cte_map: ___,
  select_list: list = null,
  ...clauses
}: AstNode): void {
  const isPattern = ({ class: kind, columns, expr }: AstNode): boolean =>
    kind === 'STAR' && (columns === true || expr != null);
  const within = nodesOf(list).flatMap((item) => (item.class === 'STAR' ? [] : [item]));
  const isStar = (node: AstNode): boolean => node.class === 'STAR';
  const own = rewrite([...within, clauses], (node) => (node.class === 'SUBQUERY' ? { type: 'EMPTY' } : undefined));
  if (nodesOf(list).some(isPattern) || find(own, isStar).length > 0)
    throw new NotDistributed('its columns are chosen by pattern');
}

/** Groups within each row of the domain. */
function grouped(tree: AstNode, keys: readonly AstNode[]): Partial<AstNode> {
  const groups = plainGroups(tree);
  return groups.length === 0 ? {} : groupedBy(groups, setsOf(tree), keys);
}
