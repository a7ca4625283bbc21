import { type AstNode, type AstValue, isNode, nodesOf, onlyStatement, rewrite } from '../../../../shared/sql/ast.ts';
import type { Dialect } from '../../dialect.ts';
import { allOf } from './conjuncts.ts';
import { hasOwnAggregate } from './correlated/dependent-aggregate.ts';
import { NotDistributed } from './names/names.ts';

/**
 * A query in which GROUP BY () has an aggregate to show for it: it is one row also where there are none.
 *
 * @throws NotDistributed for GROUPING SETS ((), ()), which is two rows in DuckDB only where there are aggregates
 */
export const withCountedGroups = <T extends AstValue>(tree: T, dialect: Dialect): T =>
  rewrite(tree, (node) => (node.type === 'SELECT_NODE' ? counted(node, dialect) : undefined));

function counted(node: AstNode, dialect: Dialect): AstNode {
  const clauses = Object.entries(node).map(([key, value]) => [key, withCountedGroups(value, dialect)]);
  const select = Object.fromEntries(clauses) as AstNode;
  const { having, select_list: list } = select;
  const sets = Array.isArray(node.group_sets) ? node.group_sets.length : 0;
  if (nodesOf(node.group_expressions).length > 0 || select.aggregate_handling === 'FORCE_AGGREGATES') return select;
  if (sets > 1) throw new NotDistributed('it groups by nothing more than once');
  const hasAggregate = [...nodesOf(list), ...nodesOf([having ?? null])].some((own) => hasOwnAggregate(own, dialect));
  // Correlated, DuckDB has no row of it where there are none: unlike GROUP BY ().
  if (sets === 0 && isNode(having) && !hasAggregate) throw new NotDistributed('its HAVING is of no aggregate');
  if (sets === 0) return select;
  const [count = {}] = nodesOf(onlyStatement(dialect.parse('SELECT count(*) >= 0'))?.select_list);
  return { ...select, group_sets: [], having: isNode(having) ? allOf([having, count]) : count };
}
