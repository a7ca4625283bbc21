import { type AstNode, meaning, textsOf } from '../../../../../shared/sql/ast.ts';
import type { Dialect } from '../../../dialect.ts';
import { positionOf } from '../../select/groups.ts';
import type { SelectItem } from '../../select/parts.ts';
import { isAggregate } from '../subqueries/outside-aggregates.ts';
import { NotDistributed } from './names.ts';
import type { AliasesFirst } from './resolver.ts';

/**
 * What HAVING takes for a column though an item has its name.
 *
 * @param groups resolved: by an alias, under the item's name in the SELECT
 */
export function inHaving(
  { aggregate_handling: handling }: AstNode,
  groups: readonly AstNode[],
  items: readonly SelectItem[],
  dialect: Dialect,
): AliasesFirst {
  const meant = (tree: AstNode): AstNode => {
    const [name] = textsOf(tree.column_names);
    const item = items.find(({ alias }) => alias !== '' && alias === name) ?? items[(positionOf(tree) ?? 0) - 1];
    return item === undefined ? tree : meant(item.tree);
  };
  const keys = new Set(groups.map((tree) => meaning(meant(tree))));
  return {
    isKey(column) {
      if (handling === 'FORCE_AGGREGATES')
        throw new NotDistributed('it groups by all, and a name in its HAVING is a column and an alias');
      return keys.has(meaning(column));
    },
    isAggregate: (node) => isAggregate(node, dialect),
  };
}
