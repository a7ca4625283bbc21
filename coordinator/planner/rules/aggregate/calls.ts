import { type AstNode, meaning, nodesOf, walk } from '../../../../shared/sql/ast.ts';
import { describeOver } from '../../bind/describe.ts';
import { type BoundOf, inputOf } from '../../bound/plan.ts';
import type { Dialect } from '../../dialect.ts';
import { printExpression } from '../../expressions/tree.ts';

/** One aggregate call of an aggregation, equal ones counted once. */
export interface AggregateCall {
  readonly tree: AstNode;
  readonly type: string;
  /** Type of the first argument. */
  readonly argument?: string;
}

/** Whether a node calls one of DuckDB's aggregate functions. */
export const isAggregateCall = (node: AstNode, dialect: Dialect): boolean =>
  node.class === 'FUNCTION' && dialect.functions.isAggregate(String(node.function_name).toLowerCase());

/** All aggregate calls by `meaning`, with their types. */
export function aggregateCalls(bound: BoundOf<'aggregate'>, dialect: Dialect): ReadonlyMap<string, AggregateCall> {
  const trees = new Map<string, AstNode>();
  walk(
    bound.operator.aggregates.map(({ tree }) => tree),
    (node) => {
      if (!isAggregateCall(node, dialect)) return undefined;
      trees.set(meaning(node), node);
      return false;
    },
  );
  const calls = [...trees.values()];
  const types = typesOf(calls, bound, dialect);
  const firsts = calls.map((call) => nodesOf(call.children)[0]);
  const known = firsts.filter((first) => first !== undefined);
  const argumentTypes = typesOf(known, bound, dialect);
  return new Map(
    [...trees].map(([key, tree], i) => {
      const first = firsts[i];
      const argument = first === undefined ? undefined : argumentTypes[known.indexOf(first)];
      return [key, { tree, type: types[i] ?? '', ...(argument === undefined ? {} : { argument }) }];
    }),
  );
}

function typesOf(trees: readonly AstNode[], bound: BoundOf<'aggregate'>, dialect: Dialect): string[] {
  if (trees.length === 0) return [];
  const list = trees.map((tree, i) => `${printExpression(dialect, tree)} AS c${i}`).join(', ');
  const relation = { name: 'input', schema: inputOf(bound).schema };
  return describeOver(dialect, [relation], `SELECT ${list} FROM input`).map(({ type }) => type);
}

/** Aggregates whose result does not depend on the order of their rows (but for the last bits of doubles). */
const anyOrder: ReadonlySet<string> = new Set(
  `count count_star count_if countif sum min max avg mean bool_and bool_or bit_and bit_or bit_xor product stddev
  stddev_pop stddev_samp variance var_pop var_samp median quantile quantile_cont quantile_disc mad corr covar_pop
  covar_samp sem regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy skewness
  kurtosis kurtosis_pop entropy histogram histogram_exact bitstring_agg approx_count_distinct kahan_sum fsum sumkahan favg`.split(
    /\s+/,
  ),
);

/** Whether some call's result depends on the order of its rows: `list`, `first`, `string_agg`, … without ORDER BY. */
export const isOrderSensitive = (calls: Iterable<AggregateCall>): boolean =>
  [...calls].some(({ tree }) => {
    const orders = (tree.order_bys as AstNode | null)?.orders;
    const isOrdered = Array.isArray(orders) && orders.length > 0;
    return !isOrdered && !anyOrder.has(String(tree.function_name).toLowerCase());
  });
