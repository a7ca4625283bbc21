import { type AstNode, nodesOf } from '../../../../../shared/sql/ast.ts';
import { isCollated } from '../../lower/collated.ts';
import { NotDistributed } from '../../lower/names/names.ts';

/** Texts of a collated expression compare by its collation, also as a relation's column. */
export function collatedAs(tree: AstNode, column: AstNode): AstNode {
  const collation = collationOf(tree);
  return collation === undefined ? column : { ...collation, child: column, alias: '' };
}

function collationOf(tree: AstNode): AstNode | undefined {
  if (tree.class === 'COLLATE') return tree;
  if (!isCollated(tree) || tree.class !== 'FUNCTION' || numbers.has(String(tree.function_name))) return undefined;
  const [first] = nodesOf(tree.children);
  if (first?.class === 'COLLATE' && keepers.has(String(tree.function_name))) return first;
  throw new NotDistributed('a collation stands within an expression');
}

/** Aggregates that yield one of their values. */
const keepers: ReadonlySet<string> = new Set(['min', 'max', 'any_value', 'arbitrary', 'first', 'last', 'mode']);

const numbers: ReadonlySet<string> = new Set(['count', 'approx_count_distinct', 'entropy', 'histogram']);
