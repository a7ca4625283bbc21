import { type AstNode, isNode, nodesOf } from '../../../../shared/sql/ast.ts';
import type { Dialect } from '../../dialect.ts';
import { printExpression } from '../../expressions/tree.ts';
import type { AggregateCall } from './calls.ts';
import type { CallText } from './merge.ts';

/** A call as text. DISTINCT is not in it. */
export function callText({ tree, type, argument }: AggregateCall, dialect: Dialect): CallText {
  const orders = isNode(tree.order_bys) ? nodesOf(tree.order_bys.orders) : [];
  return {
    name: String(tree.function_name).toLowerCase(),
    args: nodesOf(tree.children).map((child) => printExpression(dialect, child)),
    ...(isNode(tree.filter) ? { filter: printExpression(dialect, tree.filter) } : {}),
    orders: orders.map((order) => ({
      sql: isNode(order.expression) ? printExpression(dialect, order.expression) : '',
      direction: directionOf(order),
    })),
    type,
    argument: argument ?? '',
  };
}

function directionOf({ type, null_order }: AstNode): string {
  const direction = type === 'DESCENDING' ? ' DESC' : type === 'ASCENDING' ? ' ASC' : '';
  return null_order === 'NULLS FIRST' || null_order === 'NULLS LAST' ? `${direction} ${null_order}` : direction;
}

/** Aggregates to which it is all one how often a value comes. */
const idempotent: ReadonlySet<string> = new Set('min max bool_and bool_or bit_and bit_or any_value'.split(' '));

/**
 * Aggregates over the values of a column that do not mind NULLs among them: `DISTINCT` and FILTER may be done before.
 */
const overValues: ReadonlySet<string> = new Set(
  `count sum avg mean favg fsum kahan_sum sumkahan product bit_xor var_pop var_samp variance stddev stddev_pop
  stddev_samp sem`.split(/\s+/),
);

/** What DISTINCT means for an aggregate's phases. */
export type DistinctKind = 'none' | 'values' | 'whole';

/** Whether DISTINCT in the call means nothing, can be done by grouping before, or only over whole groups. */
export function distinctKind(call: AggregateCall, { name, args, orders }: CallText): DistinctKind {
  if (call.tree.distinct !== true) return 'none';
  if (orders.length > 0) return 'whole';
  if (idempotent.has(name)) return 'none';
  return overValues.has(name) && args.length === 1 && !isNameless(call) ? 'values' : 'whole';
}

/** Rows in rows have fields without names: no relation can have such a column. */
const isNameless = ({ argument = '' }: AggregateCall): boolean => argument.split('STRUCT("" ').length > 2;

/** The only argument, as a value that a column can hold: `(a, b)` gets names for its fields. */
export function columnValue({ tree, argument = '' }: AggregateCall, dialect: Dialect): string {
  const [arg = {}] = nodesOf(tree.children);
  if (!argument.startsWith('STRUCT("" ')) return printExpression(dialect, arg);
  const fields = nodesOf(arg.children).map((child, i) => `'field${i}': ${printExpression(dialect, child)}`);
  return `{${fields.join(', ')}}`;
}
