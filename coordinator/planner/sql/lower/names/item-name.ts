import { type AstNode, textsOf } from '../../../../../shared/sql/ast.ts';
import type { Dialect } from '../../../dialect.ts';
import { printExpression } from '../../../expressions/tree.ts';

/** As DuckDB calls a column that has no alias. */
export function itemName(tree: AstNode, dialect: Dialect): string {
  const names = textsOf(tree.column_names);
  if (tree.class === 'COLUMN_REF') return names.at(-1) ?? '';
  return tree.class === 'SUBQUERY' ? 'subquery' : printExpression(dialect, tree);
}
