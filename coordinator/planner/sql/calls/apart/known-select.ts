import { type AstNode, isNode, meaning, nodesOf, rewrite, textsOf, walk } from '../../../../../shared/sql/ast.ts';
import type { CommonTables } from '../../lower/common-tables.ts';
import { NameWalk } from '../../lower/names/name-walk.ts';
import { NotDistributed } from '../../lower/names/names.ts';
import type { Scope } from '../../lower/names/scope.ts';
import { starItems } from '../../lower/names/stars.ts';
import type { Lowering } from '../../lower/types.ts';
import type { Rows } from './apart.ts';

/**
 * A SELECT whose names are looked up. DuckDB takes a name for a column of FROM wherever there is one, else for an alias; only
 * a sort key that is nothing but a name is an alias first.
 */
export class KnownSelect {
  /** With its stars written out. */
  readonly select: AstNode;
  /** What references mean: columns of any FROM clause in it, also of subqueries. */
  readonly #meant = new Map<AstNode, AstNode>();
  readonly #own = new Set<AstNode>();
  readonly #aliases = new Map<string, AstNode>();
  /** Sort keys that are an alias. */
  readonly #aliased = new Set<AstNode>();

  /** @throws NotDistributed where a name is not understood */
  constructor(select: AstNode, tables: CommonTables, lowering: Lowering) {
    this.select = { ...select, select_list: writtenOut(select, scopeIn(select, tables, lowering)) };
    const references: [AstNode, AstNode, Scope][] = [];
    const walked = new NameWalk(lowering.trial(), (...found) => references.push(found));
    walked.query(this.select, tables, []);
    const own = walked.scopes.get(this.select);
    for (const [reference, meant, scope] of references) {
      this.#meant.set(reference, meant);
      if (scope === own) this.#own.add(reference);
    }
    for (const item of nodesOf(this.select.select_list)) {
      const name = String(item.alias ?? '').toLowerCase();
      if (name !== '' && !this.#aliases.has(name)) this.#aliases.set(name, item);
    }
    for (const key of sortKeys(this.select)) if (this.#isAlias(key)) this.#aliased.add(key);
  }

  /** What it is made of. */
  get rows(): Rows {
    const { from_table: from, where_clause: where, sample } = this.select;
    return {
      from_table: isNode(from) ? from : null,
      where_clause: isNode(where) ? this.withoutAliases(where) : null,
      sample: isNode(sample) ? sample : null,
    };
  }

  /** What a reference means, if that is a column of the SELECT's own FROM clause. */
  columnOf(node: AstNode): AstNode | undefined {
    return this.#own.has(node) && !this.#aliased.has(node) ? this.#meant.get(node) : undefined;
  }

  /** Whether it is a sort key that means an item by its alias. */
  isAliased(node: AstNode): boolean {
    return this.#aliased.has(node);
  }

  /** A text that is equal for expressions that mean the same, however they name their columns. */
  canonical(tree: AstNode): string {
    return meaning(
      rewrite(tree, (node) => {
        const meant = this.#meant.get(node);
        return meant && { ...meant, alias: '' };
      }),
    );
  }

  /** The expression with aliases as what they stand for. */
  withoutAliases(tree: AstNode, depth = 0): AstNode {
    return rewrite(tree, (node) => {
      // What is not replaced stays the same node: it is known as what it means by that.
      if (node.class === 'LAMBDA' || depth > this.#aliases.size || this.#meant.has(node)) return node;
      if (node.class === 'SUBQUERY')
        return isNode(node.child) ? { ...node, child: this.withoutAliases(node.child, depth) } : node;
      if (!this.#isAlias(node)) return undefined;
      const item = this.#aliases.get(textsOf(node.column_names)[0]?.toLowerCase() ?? '') ?? node;
      return { ...this.withoutAliases(item, depth + 1), alias: node.alias ?? '' };
    });
  }

  #isAlias({ class: kind, column_names }: AstNode): boolean {
    const [name = '', ...more] = textsOf(column_names);
    return kind === 'COLUMN_REF' && more.length === 0 && this.#aliases.has(name.toLowerCase());
  }
}

function scopeIn(select: AstNode, tables: CommonTables, lowering: Lowering): Scope {
  const walked = new NameWalk(lowering.trial(), () => undefined);
  walked.query(select, tables, []);
  return walked.scopes.get(select) ?? { relations: [], star: [] };
}

function writtenOut(select: AstNode, scope: Scope): AstNode[] {
  return starItems(nodesOf(select.select_list), scope).map(({ tree, name }) => {
    if (hasOwnStar(tree)) throw new NotDistributed('its columns are chosen by pattern');
    const isNamed = name === undefined || tree.class === 'COLUMN_REF';
    return isNamed ? { ...tree } : { ...tree, alias: name };
  });
}

/** Not those of subqueries. */
function hasOwnStar(tree: AstNode): boolean {
  let has = false;
  walk(tree, ({ class: kind }) => {
    has ||= kind === 'STAR';
    return kind !== 'SUBQUERY';
  });
  return has;
}

/** Expressions of ORDER BY and DISTINCT ON. */
const sortKeys = ({ modifiers }: AstNode): AstNode[] =>
  nodesOf(modifiers).flatMap(({ orders, distinct_on_targets: targets }) => [
    ...nodesOf(orders).map(({ expression }) => (isNode(expression) ? expression : {})),
    ...nodesOf(targets),
  ]);
