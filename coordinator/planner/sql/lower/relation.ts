import type { PlanNode } from '../../../../shared/plan/node.ts';
import { type AstNode, isNode, nodesOf, textsOf } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import { lowerPivot } from '../pivots/lower.ts';
import { tableReferences, whyReadWhole } from '../table-references.ts';
import type { CommonTables } from './common-tables.ts';
import { NotDistributed } from './names/names.ts';
import type { Relation } from './names/scope.ts';
import { selectAllFrom } from './select-all.ts';
import type { Columns, Lowering } from './types.ts';

interface LoweredRelation {
  readonly plan: PlanNode;
  readonly relation: Relation;
}

/**
 * One entry of FROM that is no join: a common table, a subquery, a file, a dataset.
 *
 * @throws NotDistributed
 */
export function lowerRelation(reference: AstNode, tables: CommonTables, lowering: Lowering): LoweredRelation {
  const aliases = textsOf(reference.column_name_alias);
  const alias = String(reference.alias ?? '');
  const table = String(reference.table_name ?? '');
  const isPlain = reference.type === 'BASE_TABLE' && !reference.schema_name && !reference.catalog_name;
  const common = isPlain ? tables.get(table.toLowerCase()) : undefined;
  if (common !== undefined) {
    const columns = renamed(renamed(lowering.common(common, tables), common.aliases), aliases);
    return { plan: columns.plan, relation: { alias: alias || table, columns: columns.columns } };
  }
  const query = isNode(reference.subquery) && isNode(reference.subquery.node) ? reference.subquery.node : undefined;
  if (reference.type === 'SUBQUERY' && query !== undefined) {
    const { plan, columns } = renamed(lowering.part(query, tables), aliases);
    return { plan, relation: { alias, columns } };
  }
  if (reference.type === 'PIVOT' && nodesOf(reference.aggregates).length > 0) {
    const { plan, columns } = renamed(pivoted(reference, tables, lowering), aliases);
    return { plan, relation: { alias, columns } };
  }
  const own = tableReferences(reference, lowering.relations).find(({ node }) => node === reference);
  if (own === undefined) return other(reference, alias, tables, lowering);
  const read = internalColumns(own.plan, lowering.columnsOf(own.plan), lowering);
  const { plan, columns } = renamed(read, aliases);
  return { plan, relation: { alias: own.alias, columns } };
}

/** A PIVOT that is not understood runs whole, what is around it need not. */
function pivoted(pivot: AstNode, tables: CommonTables, lowering: Lowering): Columns {
  try {
    return lowerPivot(pivot, tables, lowering);
  } catch (thrown) {
    if (!(thrown instanceof NotDistributed)) throw thrown;
    return lowering.whole(selectAllFrom({ ...pivot, column_name_alias: [] }, lowering.context), tables, thrown.reason);
  }
}

/** VALUES, `range(…)` and whatever else reads no file that is scanned: as DuckDB runs it, in one task. */
function other(reference: AstNode, alias: string, tables: CommonTables, lowering: Lowering): LoweredRelation {
  if (reference.type === 'EMPTY') throw new NotDistributed('it reads no file that is scanned');
  const unpivot =
    reference.type === 'PIVOT' ? 'UNPIVOT of anything but one table or file cannot be taken apart' : undefined;
  const reason = unpivot ?? whyReadWhole(reference);
  const { plan, columns } = lowering.whole(selectAllFrom(reference, lowering.context), tables, reason);
  const { function: call } = reference;
  const own = isNode(call) ? String(call.function_name) : String(reference.table_name ?? '');
  return { plan, relation: { alias: alias || own, columns } };
}

/** A plan whose columns get names of their own where others have theirs. */
export function internalColumns(plan: PlanNode, names: readonly string[], lowering: Lowering): Columns {
  const columns = names.map((name) => ({ name, internal: lowering.names.fresh(name) }));
  if (columns.every(({ name, internal }) => name === internal)) return { plan, columns };
  const list = columns.map(({ name, internal }) => ({ name: internal, sql: quotedName(name) }));
  return { plan: { kind: 'project', input: plan, columns: list }, columns };
}

/** `t(a, b)`: the first columns are called otherwise. */
const renamed = ({ plan, columns }: Columns, aliases: readonly string[]): Columns => ({
  plan,
  columns: columns.map(({ name, internal }, i) => ({ name: aliases[i] ?? name, internal })),
});
