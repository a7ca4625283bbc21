import type { Schema } from '../../../../shared/schema.ts';
import { type AstNode, find, meaning, rewrite, textsOf } from '../../../../shared/sql/ast.ts';
import type { SelectItem } from './parts.ts';

/**
 * Names of select items as other clauses may use them. DuckDB prefers columns in some clauses and aliases in others: where
 * a name could be either and they differ, nothing is decided here.
 */
export class Aliases {
  readonly #items: ReadonlyMap<string, AstNode>;
  readonly #columns: ReadonlySet<string>;

  constructor(items: readonly SelectItem[], schema: Schema) {
    this.#columns = new Set(schema.map(({ name }) => name.toLowerCase()));
    const resolved = new Map<string, AstNode>();
    for (const { alias, tree } of items) {
      if (alias !== '') resolved.set(alias.toLowerCase(), replaceNames(tree, resolved, this.#columns));
    }
    this.#items = resolved;
  }

  /** The expression over columns only. */
  resolve(tree: AstNode): AstNode {
    return replaceNames(tree, this.#items, this.#columns);
  }

  /** Whether some name in it could be a column or another item's alias. */
  isAmbiguous(tree: AstNode): boolean {
    return find(tree, (node) => node.class === 'COLUMN_REF').some((node) => {
      const [name = ''] = textsOf(node.column_names).map((text) => text.toLowerCase());
      const item = this.#items.get(name);
      return item !== undefined && this.#columns.has(name) && meaning(item) !== meaning(node);
    });
  }
}

const replaceNames = (tree: AstNode, items: ReadonlyMap<string, AstNode>, columns: ReadonlySet<string>): AstNode =>
  rewrite(tree, (node) => {
    const [name = '', ...more] = textsOf(node.column_names).map((text) => text.toLowerCase());
    if (node.class !== 'COLUMN_REF' || more.length > 0 || columns.has(name)) return undefined;
    return items.get(name);
  });
