import {
  type AstNode,
  find,
  inPlaceOf,
  isNode,
  nodesOf,
  rewrite,
  tableNamed,
  textsOf,
} from '../../../../../shared/sql/ast.ts';
import { columnNamed, parseExpression } from '../../../expressions/tree.ts';
import { functionOf, type SqlFunctions } from '../../../functions/calls.ts';
import { isCollated } from '../../lower/collated.ts';
import { NotDistributed } from '../../lower/names/names.ts';
import { isAggregate } from '../../lower/subqueries/outside-aggregates.ts';
import type { Lowering } from '../../lower/types.ts';
import { namesColumn, positionOf } from '../../select/groups.ts';
import { type Apart, selecting } from './apart.ts';
import { KnownSelect } from './known-select.ts';

/**
 * Keys and aggregates over what they are made of, as columns of one relation: subqueries and collations in them stay within it.
 * Keys that are equal by a collation have one number there, and any of them stands for it.
 *
 * @param select of `groupsOut`: it selects keys and aggregates
 * @returns nothing where TypeScript functions aggregate nothing, or all is columns already
 * @throws NotDistributed where a name is not understood
 */
export function argumentsOut(select: AstNode, apart: Apart): AstNode | undefined {
  const { functions, lowering, tables, relate } = apart;
  const { dialect } = lowering.context;
  const aggregates = nodesOf(select.select_list).filter((item) => isAggregate(item, dialect));
  if (!aggregates.some((call) => functionOf(call, functions) !== undefined)) return undefined;
  const asked = nodesOf(select.group_expressions);
  if ([...asked, ...aggregates.flatMap(partsOf)].every((tree) => !isComputed(tree))) return undefined;
  if (asked.some((key) => positionOf(key) !== undefined)) return undefined;
  const known = new KnownSelect(select, tables, lowering);
  const columns = new Arguments(known, apart);
  const sets = Array.isArray(select.group_sets) ? select.group_sets : [];
  const keys = new Map(asked.map((key) => [known.canonical(key), columns.key(key, sets.length > 1)]));
  const list = nodesOf(known.select.select_list).map((item) => {
    const key = keys.get(known.canonical(item));
    return key === undefined ? columns.aggregate(item, keys) : inPlaceOf(item, key.item);
  });
  const inner = selecting(columns.list, known.rows, lowering);
  return {
    ...select,
    select_list: list,
    group_expressions: asked.map((key) => keys.get(known.canonical(key))?.by ?? key),
    from_table: tableNamed(relate(inner, tables)),
    where_clause: null,
    sample: null,
  };
}

const isComputed = (tree: AstNode): boolean =>
  tree.class !== 'COLUMN_REF' && (namesColumn(tree) || find(tree, ({ class: kind }) => kind === 'SUBQUERY').length > 0);

/** What an aggregate is made of. */
const partsOf = (call: AstNode): AstNode[] => [
  ...nodesOf(call.children),
  ...(isNode(call.filter) ? [call.filter] : []),
  ...ordersOf(call).map(({ expression }) => (isNode(expression) ? expression : {})),
];

const ordersOf = ({ order_bys: orders }: AstNode): readonly AstNode[] => (isNode(orders) ? nodesOf(orders.orders) : []);

interface Key {
  readonly item: AstNode;
  readonly by: AstNode;
}

class Arguments {
  readonly list: AstNode[] = [];
  readonly #known: KnownSelect;
  readonly #lowering: Lowering;

  readonly #functions: SqlFunctions;

  constructor(known: KnownSelect, { lowering, functions }: Apart) {
    this.#functions = functions;
    this.#known = known;
    this.#lowering = lowering;
  }

  key(tree: AstNode, hasSets: boolean): Key {
    const item = this.#column(tree);
    if (!isCollated(tree)) return { item, by: item };
    const number = this.#column(this.#template('dense_rank() OVER (ORDER BY x)', { x: tree }));
    const value = hasSets ? 'CASE WHEN grouping(n) = 0 THEN any_value(x) END' : 'any_value(x)';
    return { item: this.#template(value, { x: item, n: number }), by: number };
  }

  /** An expression with others in place of its names. */
  #template(sql: string, names: Readonly<Record<string, AstNode>>): AstNode {
    return rewrite(parseExpression(this.#lowering.context.dialect, sql), (node) =>
      node.class === 'COLUMN_REF' ? names[String(textsOf(node.column_names)[0])] : undefined,
    );
  }

  aggregate(call: AstNode, keys: ReadonlyMap<string, Key>): AstNode {
    if (call.type === 'GROUPING_FUNCTION') {
      const children = nodesOf(call.children).map((child) => keys.get(this.#known.canonical(child))?.by ?? child);
      return { ...call, children };
    }
    const parts = (trees: readonly AstNode[]): AstNode[] => trees.map((tree) => this.#part(tree));
    const orders = ordersOf(call).map((order) =>
      isNode(order.expression) ? { ...order, expression: this.#part(order.expression) } : order,
    );
    if (functionOf(call, this.#functions) === undefined && partsOf(call).some(isCollated))
      throw new NotDistributed('an aggregate has a collation');
    return {
      ...call,
      children: parts(nodesOf(call.children)),
      ...(isNode(call.filter) ? { filter: this.#part(call.filter) } : {}),
      ...(isNode(call.order_bys) ? { order_bys: { ...call.order_bys, orders } } : {}),
    };
  }

  #part(tree: AstNode): AstNode {
    return tree.class === 'COLUMN_REF' || isComputed(tree) ? this.#column(tree) : tree;
  }

  #column(tree: AstNode): AstNode {
    const name = this.#lowering.names.madeUp('argument');
    this.list.push({ ...tree, alias: name });
    return columnNamed(name);
  }
}
