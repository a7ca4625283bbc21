import type { PlanOf } from '../../../shared/plan/node.ts';
import { type AstNode, type AstValue, find, isNode, nodesOf, onlyStatement } from '../../../shared/sql/ast.ts';
import type { Dialect } from '../dialect.ts';
import { isShare } from './lower/samples.ts';
import { fillParameters } from './parameters.ts';
import { type Relations, relationsByName, tableReferences } from './table-references.ts';

/** Whether a SELECT only filters and computes over the rows of one table reference: no two rows have to meet for it. */
export function isRowByRow(node: PlanOf<'sql'>, dialect: Dialect): boolean {
  const { tree } = fillParameters(node, dialect);
  return isTreeRowByRow(tree, relationsByName(node.relations), dialect);
}

/** The same of a syntax tree. A row may become several: of lists, by UNPIVOT, by a lateral join with what is made of it. */
export function isTreeRowByRow(tree: AstNode, relations: Relations, dialect: Dialect): boolean {
  const [table, ...more] = tableReferences(tree, relations);
  const select = onlyStatement(tree);
  return select !== undefined && table !== undefined && more.length === 0 && isSelectOf(select, table.node, dialect);
}

function isSelectOf(select: AstNode, table: AstNode, dialect: Dialect): boolean {
  const { from_table: from, ...clauses } = select;
  if (select.type !== 'SELECT_NODE' || select.aggregate_handling === 'FORCE_AGGREGATES') return false;
  if (!isRowsOf(from, table, dialect)) return false;
  if (select.sample != null && !isShare(select.sample)) return false;
  const hasClause = meetingClauses.some((name) => isSome(select[name]));
  return !hasClause && find(clauses, (node) => meets(node, dialect)).length === 0;
}

/** The sets of GROUP BY are lists of numbers. */
const isSome = (clause: AstValue | undefined): boolean => (Array.isArray(clause) ? clause.length > 0 : isNode(clause));

const meetingClauses = ['group_expressions', 'group_sets', 'having', 'qualify', 'modifiers'];

const meets = (node: AstNode, { functions }: Dialect): boolean =>
  node.class === 'WINDOW' ||
  node.class === 'SUBQUERY' ||
  (node.class === 'FUNCTION' && functions.isAggregate(String(node.function_name).toLowerCase()));

/** A FROM clause whose rows are made of one row of the table each. */
function isRowsOf(from: AstValue | undefined, table: AstNode, dialect: Dialect): boolean {
  if (!isNode(from) || (from.sample != null && !isShare(from.sample))) return false;
  if (from === table) return true;
  if (from.type === 'SUBQUERY') {
    const { node } = isNode(from.subquery) ? from.subquery : {};
    return isNode(node) && isSelectOf(node, table, dialect);
  }
  if (from.type === 'PIVOT') return nodesOf(from.aggregates).length === 0 && isRowsOf(from.source, table, dialect);
  const isKept = from.type === 'JOIN' && (from.join_type === 'INNER' || from.join_type === 'LEFT');
  const isPlain = from.ref_type === 'CROSS' || from.ref_type === 'REGULAR';
  if (!isKept || !isPlain || find(from.condition, ({ class: kind }) => kind === 'SUBQUERY').length > 0) return false;
  return isRowsOf(from.left, table, dialect) && isOfItself(from.right);
}

/** Reads no table: whatever it makes, it makes of its surroundings. */
export function isOfItself(right: AstValue | undefined): boolean {
  if (!isNode(right) || (right.type !== 'TABLE_FUNCTION' && right.type !== 'SUBQUERY')) return false;
  const reads = (node: AstNode): boolean =>
    node.sample != null ||
    node.type === 'BASE_TABLE' ||
    (node.type === 'TABLE_FUNCTION' && !(isNode(node.function) && makers.has(String(node.function.function_name))));
  return find(right, reads).length === 0;
}

const makers: ReadonlySet<string> = new Set(['unnest', 'range', 'generate_series']);
