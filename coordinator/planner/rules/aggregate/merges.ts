import type { AstNode } from '../../../../shared/sql/ast.ts';

/** A column that each task computes of its own rows; `$0`, `$1`, … in `merge` are a call's parts in their order. */
export interface Merge {
  readonly parts: readonly AstNode[];
  /** SQL that makes the whole of the parts of all tasks. */
  readonly merge: string;
}

/** Aggregates whose parts merge by the same aggregate. */
const ofThemselves: ReadonlySet<string> = new Set(
  'sum min max bool_and bool_or bit_and bit_or bit_xor product any_value kahan_sum fsum sumkahan'.split(' '),
);

/** Parts that are numbers of rows: nothing adds up to 0. */
const counts: ReadonlySet<string> = new Set(['count', 'count_star']);
/** Parts that are numbers of rows, or NULL over nothing but NULLs. */
const countsIf: ReadonlySet<string> = new Set(['count_if', 'countif']);

const averages: ReadonlySet<string> = new Set(['avg', 'mean']);

/** Types whose sums are exact, or doubles anyhow; averages of times and intervals have rules of their own. */
const summable = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT)|DECIMAL\(.*\)|DOUBLE|FLOAT|BOOLEAN)$/;
const wide = /^U?HUGEINT$/;

/**
 * How an aggregate call is computed in two phases, or nothing where it is not: then whole groups must meet in one task.
 *
 * @param type the call's type; @param argument the type of its first argument
 */
export function mergeOf(call: AstNode, type: string, argument: string | undefined): Merge | undefined {
  const name = String(call.function_name).toLowerCase();
  const arity = Array.isArray(call.children) ? call.children.length : 0;
  if (!isPlain(call, name) || arity > 1) return undefined;
  if (counts.has(name)) return { parts: [call], merge: `CAST(coalesce(sum($0), 0) AS ${type})` };
  if (countsIf.has(name)) return { parts: [call], merge: `CAST(sum($0) AS ${type})` };
  if (name === 'sum' && !isSum(type)) return undefined;
  if (ofThemselves.has(name)) return { parts: [call], merge: `CAST(${name}($0) AS ${type})` };
  if (averages.has(name) && type === 'DOUBLE') return averageOf(call, argument ?? '');
  return undefined;
}

const isSum = (type: string): boolean => /^(HUGEINT|DECIMAL\(.*\)|DOUBLE)$/.test(type);

/** DISTINCT and ORDER BY inside a call speak of all its rows; only extremes do not mind. */
function isPlain(call: AstNode, name: string): boolean {
  const orders = (call.order_bys as AstNode | null)?.orders;
  const isOrdered = Array.isArray(orders) && orders.length > 0;
  return !isOrdered && call.export_state !== true && (call.distinct !== true || name === 'min' || name === 'max');
}

/** The sum is exact for whole numbers and decimals (DuckDB's own state holds the same), a double otherwise. */
function averageOf(call: AstNode, argument: string): Merge | undefined {
  const [value] = call.children as readonly AstNode[];
  if (value === undefined || !(summable.test(argument) || wide.test(argument))) return undefined;
  const child = wide.test(argument) || argument === 'BOOLEAN' ? asDouble(value) : value;
  const parts = [
    { ...call, function_name: 'sum', children: [child] },
    { ...call, function_name: 'count' },
  ];
  return { parts, merge: 'CAST(sum($0) AS DOUBLE) / sum($1)' };
}

const asDouble = (child: AstNode): AstNode => ({
  class: 'CAST',
  type: 'OPERATOR_CAST',
  alias: '',
  child,
  cast_type: { id: 'DOUBLE', type_info: null },
  try_cast: false,
});
