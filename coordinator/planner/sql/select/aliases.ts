import type { Schema } from '../../../../shared/schema.ts';
import { type AstNode, rewrite, textsOf } from '../../../../shared/sql/ast.ts';
import type { SelectItem } from './parts.ts';

/** Names of select items as other clauses may use them: no column has such a name. */
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
}

const replaceNames = (tree: AstNode, items: ReadonlyMap<string, AstNode>, columns: ReadonlySet<string>): AstNode =>
  rewrite(tree, (node) => {
    const [name = '', ...more] = textsOf(node.column_names).map((text) => text.toLowerCase());
    if (node.class !== 'COLUMN_REF' || more.length > 0 || columns.has(name)) return undefined;
    return items.get(name);
  });
