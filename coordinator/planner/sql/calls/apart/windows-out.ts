import { type AstNode, find, isNode, tableNamed } from '../../../../../shared/sql/ast.ts';
import { hasCall } from '../../../functions/calls.ts';
import { refuseCollated } from '../../lower/collated.ts';
import { type Apart, refuseTwice, selecting } from './apart.ts';
import { KnownSelect } from './known-select.ts';
import { UsedColumns } from './used-columns.ts';

/**
 * A SELECT without groups over its rows and window functions, as one relation: what QUALIFY calls of these, it calls over columns.
 *
 * @returns nothing where QUALIFY calls nothing
 * @throws NotDistributed where a name is not understood
 */
export function windowsOut(select: AstNode, apart: Apart): AstNode | undefined {
  const { functions, lowering, tables, relate } = apart;
  if (select.type !== 'SELECT_NODE' || !hasCall(select.qualify, functions)) return undefined;
  const known = new KnownSelect(select, tables, lowering);
  const columns = new UsedColumns(known, lowering);
  const { where_clause: _, sample: __, from_table: ___, qualify, ...clauses } = known.select;
  if (!isNode(qualify)) return undefined;
  const isWindow = ({ class: kind }: AstNode): boolean => kind === 'WINDOW';
  const rest = columns.over({ ...clauses, where_clause: known.withoutAliases(qualify) }, isWindow);
  if (find(rest, isWindow).length > 0) return undefined;
  const inner = selecting(columns.written(), known.rows, lowering);
  refuseCollated(inner, tables);
  refuseTwice(inner, [clauses], apart);
  return { ...rest, from_table: tableNamed(relate(inner, tables)), sample: null, qualify: null };
}
