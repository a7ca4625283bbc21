import { type AstNode, find, isNode, nodesOf, rewrite } from '../../../shared/sql/ast.ts';
import type { TableReference } from './table-references.ts';
import { withoutExistsLists } from './with-relations.ts';

/** `*` or `t.*` of a SELECT list, and what stands in that SELECT's FROM clause. */
interface Star {
  readonly node: AstNode;
  readonly from: AstNode;
}

/**
 * The text without the stars that mean no column of a table: those of a SELECT that does not read it itself, and `t.*` of another
 * table. What a SELECT in FROM yields is named there, or a star of its own.
 */
export class StarsElsewhere {
  readonly #tree: AstNode;
  readonly #other: (node: AstNode) => AstNode | undefined;
  readonly #stars: readonly Star[];
  /** By the places of the stars that are left: a text that mentions hundreds of tables is not walked for each. */
  readonly #known = new Map<string, AstNode>();

  /** @param other what else stands in the text in another way */
  constructor(tree: AstNode, other: (node: AstNode) => AstNode | undefined) {
    this.#tree = tree;
    this.#other = other;
    this.#stars = [...starsOfLists(tree), ...starsOfOrders(tree)];
  }

  without(reference: TableReference): AstNode {
    const places = this.#stars.flatMap((star, i) => (mayMean(star, reference) ? [] : [i]));
    const key = places.join();
    const known = this.#known.get(key) ?? this.#withoutStars(new Set(places));
    this.#known.set(key, known);
    return known;
  }

  #withoutStars(places: ReadonlySet<number>): AstNode {
    const nodes = new Set(this.#stars.filter((_, i) => places.has(i)).map(({ node }) => node));
    const tree = rewrite(this.#tree, (node) => (nodes.has(node) ? noStar(node) : this.#other(node)));
    return withoutExistsLists(tree);
  }
}

const starsOfLists = (tree: AstNode): Star[] =>
  find(tree, ({ type }) => type === 'SELECT_NODE').flatMap(({ select_list: list = null, from_table: from }) =>
    isNode(from) ? nodesOf(list).flatMap((node) => (isPlain(node) ? [{ node, from }] : [])) : [],
  );

/** ORDER BY ALL is of what is selected. */
const starsOfOrders = (tree: AstNode): Star[] =>
  find(tree, ({ type }) => type === 'ORDER_MODIFIER')
    .flatMap(({ orders }) => nodesOf(orders))
    .flatMap(({ expression }) =>
      isNode(expression) && isPlain(expression) ? [{ node: expression, from: { type: 'EMPTY' } }] : [],
    );

const isPlain = ({ class: kind, columns, expr }: AstNode): boolean =>
  kind === 'STAR' && columns !== true && expr == null;

/** What REPLACE says of it stays. */
const noStar = ({ replace_list = [] }: AstNode): AstNode => ({ class: 'OTHER', replace_list });

function mayMean({ node, from }: Star, { node: table }: TableReference): boolean {
  const entries = entriesOf(from);
  if (!entries.some((entry) => find(entry, (part) => part === table).length > 0)) return false;
  const wanted = String(node.relation_name ?? '').toLowerCase();
  const isNamed = ({ alias, table_name }: AstNode): boolean =>
    String(alias || table_name || '').toLowerCase() === wanted;
  return wanted === '' || !entriesOf(from, true).some((entry) => entry !== table && isNamed(entry));
}

/** What a FROM clause joins, also queries if they are asked for. */
const entriesOf = (from: AstNode, queries = false): readonly AstNode[] => {
  const { left = null, right = null } = from;
  if (from.type === 'JOIN') return [left, right].filter(isNode).flatMap((side) => entriesOf(side, queries));
  return from.type === 'SUBQUERY' && !queries ? [] : [from];
};
