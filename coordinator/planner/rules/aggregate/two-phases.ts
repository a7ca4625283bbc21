import type { NamedExpression } from '../../../../shared/plan/nodes/expression.ts';
import { type AstNode, find, isNode, meaning, rewrite, textsOf } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import type { BoundColumn, BoundOf } from '../../bound.ts';
import type { Dialect } from '../../dialect.ts';
import { parseExpression, printExpression } from '../../expressions.ts';
import { type AggregateCall, isAggregateCall } from './calls.ts';
import { mergeOf } from './merges.ts';

/** An aggregation in two phases: each task groups its own rows to parts, then the parts of a group meet. */
export interface TwoPhases {
  /** Keys, then parts: what each task selects, grouped by the keys. */
  readonly partial: readonly NamedExpression[];
  readonly partialSchemaKeys: number;
  /** Keys, then results, over the partial columns. */
  readonly final: readonly NamedExpression[];
}

/** The two phases, or for people why there are none. */
export function twoPhases(
  bound: BoundOf<'aggregate'>,
  calls: ReadonlyMap<string, AggregateCall>,
  dialect: Dialect,
): TwoPhases | string {
  const { keys, aggregates } = bound.operator;
  const parts = new Parts(dialect, keys);
  const finals: NamedExpression[] = [];
  for (const [i, { name, tree, sql: text }] of aggregates.entries()) {
    const final = finalTree(tree, keys, calls, parts, dialect);
    if (typeof final === 'string') return `${text}: ${final}`;
    const type = bound.schema[keys.length + i]?.type ?? '';
    const sql = printExpression(dialect, final);
    // A call alone is cast where it is merged already; an expression over parts may widen.
    finals.push({ name, sql: calls.get(meaning(tree))?.type === type ? sql : `CAST(${sql} AS ${type})` });
  }
  return {
    partial: [...keys, ...parts.columns],
    partialSchemaKeys: keys.length,
    final: [...keys.map(({ name }) => ({ name, sql: quotedName(name) })), ...finals],
  };
}

/** The columns of parts, equal ones shared. */
class Parts {
  readonly columns: NamedExpression[] = [];
  readonly #dialect: Dialect;
  readonly #prefix: string;

  constructor(dialect: Dialect, keys: readonly BoundColumn[]) {
    this.#dialect = dialect;
    const isTaken = (prefix: string): boolean => keys.some(({ name }) => name.toLowerCase().startsWith(prefix));
    this.#prefix = ['part', 'part_', 'part__'].find((prefix) => !isTaken(prefix)) ?? 'part___';
  }

  /** The quoted name of the part's column. */
  add(part: AstNode): string {
    const sql = printExpression(this.#dialect, part);
    const name = this.columns.find((column) => column.sql === sql)?.name ?? `${this.#prefix}${this.columns.length}`;
    if (!this.columns.some((column) => column.name === name)) this.columns.push({ name, sql });
    return quotedName(name);
  }
}

/** The expression over keys and parts; or why there is none. */
function finalTree(
  tree: AstNode,
  keys: readonly BoundColumn[],
  calls: ReadonlyMap<string, AggregateCall>,
  parts: Parts,
  dialect: Dialect,
): AstNode | string {
  const keyOf = new Map(keys.map(({ name, tree }) => [meaning(tree), name]));
  let failure: string | undefined;
  const final = rewrite(tree, (node) => {
    const key = typeof node.class === 'string' ? keyOf.get(meaning(node)) : undefined;
    if (key !== undefined) return parseExpression(dialect, quotedName(key));
    if (isAggregateCall(node, dialect)) {
      const merged = mergedCall(node, calls, parts, dialect);
      if (merged === undefined) failure ??= `${String(node.function_name)} needs all rows of a group at once`;
      return merged ?? node;
    }
    if (typeof node.class === 'string' && whole.has(node.class)) failure ??= 'it is no expression over aggregates';
    return undefined;
  });
  const names = new Set([...keys.map(({ name }) => name.toLowerCase()), ...parts.columns.map(({ name }) => name)]);
  const isForeign = (node: AstNode): boolean =>
    node.class === 'COLUMN_REF' && !textsOf(node.column_names).some((name) => names.has(name.toLowerCase()));
  if (failure === undefined && find(final, isForeign).length > 0) return 'it names a column that is no key';
  return failure ?? final;
}

/** Expressions that cannot be taken apart. */
const whole: ReadonlySet<string> = new Set(['WINDOW', 'SUBQUERY', 'STAR', 'LAMBDA']);

function mergedCall(
  node: AstNode,
  calls: ReadonlyMap<string, AggregateCall>,
  parts: Parts,
  dialect: Dialect,
): AstNode | undefined {
  const call = calls.get(meaning(node));
  const merge = call && mergeOf(call.tree, call.type, call.argument);
  if (merge === undefined) return undefined;
  const names = merge.parts.map((part) => parts.add(part));
  const tree = parseExpression(
    dialect,
    merge.merge.replace(/\$(\d)/g, (_, i: string) => names[Number(i)] ?? ''),
  );
  return isNode(tree) ? tree : undefined;
}
