import { type AstNode, find, isNode, nodesOf, onlyStatement, rewrite, textsOf } from '../../../../../shared/sql/ast.ts';
import type { Dialect } from '../../../dialect.ts';
import { columnNamed } from '../../../expressions/tree.ts';
import { modifiersOf } from '../../select/parts.ts';
import { allOf } from '../conjuncts.ts';
import { itemName } from '../names/item-name.ts';
import { NotDistributed } from '../names/names.ts';
import type { Lowering } from '../types.ts';

/** The values of the query around for which a subquery is asked, as a relation. */
export interface Domain {
  /** The relation's name. */
  readonly table: string;
  /** Its columns. */
  readonly columns: readonly string[];
  /** What the columns are called in what is made: they are its last ones. */
  readonly keys: readonly string[];
}

/** What names in a subquery mean, by their places in its tree. */
export interface Meanings {
  /** The domain's column. */
  readonly outer: ReadonlyMap<AstNode, string>;
  /** The names that mean something of the FROM clause of a SELECT. */
  ownOf(select: AstNode): readonly AstNode[];
  /** Equal for two of these names that mean the same. */
  meantBy(own: AstNode): string;
}

/** What all forms of a dependent query need of its domain. */
export class InDomain {
  readonly domain: Domain;
  readonly meanings: Meanings;
  readonly names: Lowering['names'];
  readonly dialect: Dialect;

  constructor(domain: Domain, meanings: Meanings, { names, context }: Pick<Lowering, 'names' | 'context'>) {
    this.domain = domain;
    this.meanings = meanings;
    this.names = names;
    this.dialect = context.dialect;
  }

  modifiers(node: AstNode) {
    const modifiers = modifiersOf(nodesOf(node.modifiers));
    if (typeof modifiers === 'string') throw new NotDistributed(modifiers);
    return modifiers;
  }

  inDomain(tree: AstNode, alias: string): AstNode {
    return rewrite(tree, (node) => this.reference(node, alias));
  }

  reference(node: AstNode, alias: string): AstNode | undefined {
    const column = this.meanings.outer.get(node);
    return column === undefined ? undefined : { ...columnAt(alias, column), alias: node.alias ?? '' };
  }

  /** Items keep their names, and stars mean what they meant. */
  items(node: AstNode, tree: AstNode): AstNode[] {
    const before = nodesOf(node.select_list);
    this.#refuseHidden(node, before);
    return nodesOf(tree.select_list).map((item, i) => {
      const own = before[i] ?? {};
      return item.class === 'STAR' || this.#isOther(own) ? this.named(item, own) : item;
    });
  }

  /** The name that an item of a value around keeps would be an alias, and stand before a column of the query's own. */
  #refuseHidden(node: AstNode, items: readonly AstNode[]): void {
    const own = this.meanings.ownOf(node).map(({ column_names }) => textsOf(column_names));
    const isOwn = (name: string): boolean =>
      own.some(([first = '', ...more]) => more.length === 0 && first.toLowerCase() === name.toLowerCase());
    if (items.some((item) => !item.alias && this.meanings.outer.has(item) && isOwn(itemName(item, this.dialect))))
      throw new NotDistributed('a correlated subquery has a column and a value of the query around of one name');
  }

  named(item: AstNode, before: AstNode): AstNode {
    if (item.class !== 'STAR') return { ...item, alias: String(before.alias || itemName(before, this.dialect)) };
    if (item.relation_name) return item;
    const excluded = Array.isArray(item.exclude_list) ? item.exclude_list : [];
    return { ...item, exclude_list: [...excluded, ...this.domain.columns] };
  }

  /** Whether another tree stands for it, which would be called otherwise. */
  #isOther(item: AstNode): boolean {
    return find(item, (node) => this.meanings.outer.has(node) || node.class === 'WINDOW').length > 0;
  }

  columns(alias: string): AstNode[] {
    return this.domain.columns.map((name) => columnAt(alias, name));
  }

  keys(alias: string): AstNode[] {
    return this.columns(alias).map((column, i) => ({ ...column, alias: this.domain.keys[i] ?? '' }));
  }

  table(alias: string): AstNode {
    const from = this.parse('SELECT 1 FROM t').from_table;
    return { ...(isNode(from) ? from : {}), table_name: this.domain.table, alias };
  }

  /** The domain joined first: all that stands to the right of it may speak of it. */
  withDomain(from: AstNode, alias: string): AstNode {
    const { left, right, join_type: type } = from;
    if (from.type === 'EMPTY' || from.type === undefined) return this.table(alias);
    if (
      from.type === 'JOIN' &&
      leftward.has(String(type)) &&
      from.ref_type !== 'POSITIONAL' &&
      isNode(left) &&
      isNode(right)
    )
      return { ...from, left: this.withDomain(left, alias) };
    return this.join('INNER', this.table(alias), from, []);
  }

  join(type: 'LEFT' | 'INNER', left: AstNode, right: AstNode, on: readonly AstNode[]): AstNode {
    const join = this.parse(`SELECT 1 FROM a ${type === 'LEFT' ? 'LEFT JOIN b ON true' : ', b'}`).from_table;
    return { ...(isNode(join) ? join : {}), left, right, ...(on.length === 0 ? {} : { condition: allOf(on) }) };
  }

  readonly parse = (sql: string): AstNode => onlyStatement(this.dialect.parse(sql)) ?? {};
}

/** Joins that keep the rows of what is joined to their left. */
export const leftward: ReadonlySet<string> = new Set(['INNER', 'LEFT', 'SEMI', 'ANTI']);

export const columnAt = (alias: string, name: string): AstNode => ({
  ...columnNamed(name),
  column_names: [alias, name],
});

/** Equal, or both null. */
export const same = (left: AstNode, right: AstNode): AstNode => ({
  class: 'COMPARISON',
  type: 'COMPARE_NOT_DISTINCT_FROM',
  alias: '',
  left,
  right,
});

/** A query in FROM. */
export const derived = (node: AstNode, alias: string): AstNode => ({
  type: 'SUBQUERY',
  alias,
  sample: null,
  subquery: { node },
  column_name_alias: [],
});
