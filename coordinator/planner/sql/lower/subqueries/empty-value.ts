import { type AstNode, find, inPlaceOf, rewrite } from '../../../../../shared/sql/ast.ts';
import type { Dialect } from '../../../dialect.ts';
import { parseExpression, printExpression } from '../../../expressions/tree.ts';
import { NotDistributed } from '../names/names.ts';
import { isAggregate } from './outside-aggregates.ts';

/** Aggregates that are null where a correlated subquery finds no rows. */
const nulls: ReadonlySet<string> = new Set(
  `sum min max avg mean any_value first last arbitrary median stddev stddev_pop stddev_samp variance var_pop var_samp
  bool_and bool_or bit_and bit_or bit_xor product quantile quantile_cont quantile_disc mode kahan_sum fsum favg list
  string_agg arg_min arg_max min_by max_by count_if countif approx_count_distinct entropy regr_count`.split(/\s+/),
);
const zeros: ReadonlySet<string> = new Set(['count', 'count_star']);
/** Zero of no rows, but DuckDB has nulls of them where a correlated subquery finds no rows: only `count` is zero there. */
export const nullsWhereCorrelated: ReadonlySet<string> = new Set([
  'count_if',
  'countif',
  'approx_count_distinct',
  'entropy',
  'regr_count',
]);

/** Operators that are null where one of their sides is. */
const strict: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%', '//']);

/**
 * What an expression over aggregates is when there are no rows: SQL text, or `null`.
 *
 * @throws NotDistributed for aggregates that are not known here
 */
export function valueOfNoRows(tree: AstNode, dialect: Dialect): string {
  const calls = find(tree, (node) => isAggregate(node, dialect)).map(({ function_name }) => String(function_name));
  const unknown = calls.find((name) => !nulls.has(name) && !zeros.has(name));
  if (unknown !== undefined) throw new NotDistributed(`a correlated subquery has the aggregate ${unknown}`);
  if (isStrict(tree, dialect)) return 'null';
  const empty = rewrite(tree, (node) => {
    if (!isAggregate(node, dialect)) return undefined;
    const value = zeros.has(String(node.function_name)) ? 'CAST(0 AS BIGINT)' : 'NULL';
    return inPlaceOf(node, parseExpression(dialect, value));
  });
  return printExpression(dialect, empty);
}

/** Null if any aggregate in it is, and all of them are null of no rows. */
function isStrict(tree: AstNode, dialect: Dialect): boolean {
  if (isAggregate(tree, dialect)) return nulls.has(String(tree.function_name));
  if (tree.class === 'CAST') return isStrict(tree.child as AstNode, dialect);
  if (tree.class !== 'FUNCTION' || !strict.has(String(tree.function_name))) return false;
  const children = Array.isArray(tree.children) ? (tree.children as readonly AstNode[]) : [];
  return children.some((child) => isStrict(child, dialect));
}
