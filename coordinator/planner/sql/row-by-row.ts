import type { PlanOf } from '../../../shared/plan/node.ts';
import { type AstNode, find, isNode, nodesOf, onlyStatement } from '../../../shared/sql/ast.ts';
import type { Dialect } from '../dialect.ts';
import { fillParameters } from './parameters.ts';
import { relationsByName, tableReferences } from './table-references.ts';

/** Whether a SELECT only filters and computes over the rows of one table reference: no two rows have to meet for it. */
export function isRowByRow(node: PlanOf<'sql'>, dialect: Dialect): boolean {
  const { tree } = fillParameters(node, dialect);
  const [table] = tableReferences(tree, relationsByName(node.relations));
  const select = onlyStatement(tree);
  if (select?.type !== 'SELECT_NODE' || table?.node !== select.from_table) return false;
  const hasClause = clauses.some((name) => isNode(select[name]) || nodesOf(select[name]).length > 0);
  return !hasClause && find(tree, (node) => meets(node, dialect)).length === 0;
}

const clauses = ['group_expressions', 'group_sets', 'having', 'qualify', 'sample', 'modifiers'];

const meets = (node: AstNode, { functions }: Dialect): boolean =>
  node.class === 'WINDOW' ||
  node.class === 'SUBQUERY' ||
  (node.class === 'FUNCTION' && functions.isAggregate(String(node.function_name).toLowerCase()));
