import { type AstNode, isNode, tableNamed } from '../../../../../shared/sql/ast.ts';
import { hasCall } from '../../../functions/calls.ts';
import { refuseCollated } from '../../lower/collated.ts';
import { layersOf } from '../../select/groups.ts';
import { groupSetsOf } from '../../select/parts.ts';
import { type Apart, refuseTwice, selecting } from './apart.ts';
import { KnownSelect } from './known-select.ts';
import { UsedColumns } from './used-columns.ts';

/**
 * A SELECT of which some sets of keys are equal, over its rows as one relation that is made once: each of the equal sets reads
 * them, and they may be others each time.
 *
 * @returns nothing where all sets are different, or the rows are made once already
 * @throws NotDistributed where a name is not understood
 */
export function setsOut(select: AstNode, apart: Apart): AstNode | undefined {
  const { functions, lowering, tables, relateOnce } = apart;
  const { where_clause, from_table, sample: _, ...clauses } = select;
  if (select.type !== 'SELECT_NODE' || !hasCall(clauses, functions) || !isNode(from_table)) return undefined;
  if (layersOf(groupSetsOf(select).groupSets ?? []).length < 2) return undefined;
  const relation = lowering.relations.get(String(from_table.table_name ?? '').toLowerCase());
  if (relation?.plan.kind === 'step' && !isNode(where_clause)) return undefined;
  const known = new KnownSelect(select, tables, lowering);
  const columns = new UsedColumns(known, lowering);
  const { where_clause: __, from_table: ___, sample: ____, ...rest } = known.select;
  const outer = columns.over(rest);
  const inner = selecting(columns.written(), known.rows, lowering);
  refuseCollated(inner, tables);
  refuseTwice(inner, [clauses], apart);
  return { ...outer, from_table: tableNamed(relateOnce(inner, tables)), where_clause: null, sample: null };
}
