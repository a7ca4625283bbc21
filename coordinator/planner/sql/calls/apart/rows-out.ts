import { type AstNode, isNode, nodesOf, tableNamed } from '../../../../../shared/sql/ast.ts';
import { hasCall, type SqlFunctions } from '../../../functions/calls.ts';
import { refuseCollated } from '../../lower/collated.ts';
import { allOf, conjunctsOf } from '../../lower/conjuncts.ts';
import { type Apart, refuseTwice, selecting } from './apart.ts';
import { KnownSelect } from './known-select.ts';
import { UsedColumns } from './used-columns.ts';

/**
 * A SELECT over the rows that its FROM clause yields, as one relation. Conditions that call nothing are asked within it, those that call over
 * it, and what remains for the rows that are left: calls get the arguments that they would get in a distributed SELECT, and these are of one table.
 *
 * @returns nothing where that would not make the question smaller
 * @throws NotDistributed where a name is not understood
 */
export function rowsOut(select: AstNode, apart: Apart): AstNode | undefined {
  const { functions, lowering, tables, relate } = apart;
  if (!isLarger(select, functions)) return undefined;
  const known = new KnownSelect(select, tables, lowering);
  const conditions = isNode(select.where_clause) ? conjunctsOf(known.withoutAliases(select.where_clause)) : [];
  const late = conditions.filter((tree) => hasCall(tree, functions));
  const early = conditions.filter((tree) => !late.includes(tree));
  const columns = new UsedColumns(known, lowering);
  const { where_clause: _, sample: __, from_table: ___, ...clauses } = known.select;
  const rest = columns.over(clauses);
  const kept = late.map((tree) => columns.over(tree));
  const within = { ...known.rows, where_clause: early.length === 0 ? null : allOf(early) };
  const inner = selecting(columns.written(), within, lowering);
  refuseTwice(inner, [clauses, ...late], apart);
  refuseCollated(inner, tables);
  const rows = relate(inner, tables);
  const over = (name: string) => ({ where_clause: null, sample: null, from_table: tableNamed(name) });
  if (kept.length === 0) return { ...rest, ...over(rows) };
  const filtered = selecting(columns.names(), { ...over(rows), where_clause: allOf(kept) }, lowering);
  return { ...rest, ...over(relate(filtered, tables)) };
}

/** Whether it has more than one table, or a condition, and calls in what else it says. */
function isLarger(select: AstNode, functions: SqlFunctions): boolean {
  const { cte_map: _, from_table: from, where_clause: where, ...clauses } = select;
  if (select.type !== 'SELECT_NODE' || !isNode(from) || from.type === 'EMPTY') return false;
  const calls = hasCall(clauses, functions);
  const isOne = from.type !== 'JOIN' && from.type !== 'SUBQUERY';
  const isFiltered = isNode(where) && conjunctsOf(where).some((tree) => !hasCall(tree, functions));
  if (isOne && (isFiltered || isNode(select.sample) || isNode(from.sample))) return calls || hasCall(where, functions);
  // Of what is made here, one part is such a SELECT: only columns and conditions that call.
  if (isOne) return hasCall(where, functions) && !isPlain(select);
  return calls || hasCall(where, functions) || (hasCall(from, functions) && !isPlain(select));
}

/** Whether there is nothing in it but columns and conditions. */
const isPlain = (select: AstNode): boolean =>
  nodesOf(select.select_list).every(({ class: kind }) => kind === 'COLUMN_REF' || kind === 'CONSTANT') &&
  nodesOf(select.modifiers).length === 0 &&
  nodesOf(select.group_expressions).length === 0 &&
  !isNode(select.having) &&
  !isNode(select.qualify);
