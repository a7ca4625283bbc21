import type { NamedExpression } from '../../../../shared/plan/nodes/expression.ts';
import { meaning } from '../../../../shared/sql/ast.ts';
import { castTo } from '../../../../shared/sql/type-text.ts';
import { type BoundOf, inputOf } from '../../bound/plan.ts';
import type { Dialect } from '../../dialect.ts';
import { printExpression } from '../../expressions/tree.ts';
import { callText, columnValue, distinctKind } from './call-text.ts';
import type { AggregateCall } from './calls.ts';
import { Finals } from './finals.ts';
import type { CallText, Merge } from './merge.ts';
import { mergeOf } from './merges.ts';
import { PartColumns } from './part-columns.ts';

/**
 * An aggregation in phases: each task groups its own rows to parts, then the parts of a group meet. Where there is
 * DISTINCT, the tasks group by its values, too, and equal values meet before parts are made of them.
 */
export interface Phases {
  readonly keys: readonly NamedExpression[];
  /** What stands in DISTINCT: grouped by beside the keys, one at a time. */
  readonly values: readonly NamedExpression[];
  /** Whether the question itself is of several sets of keys. */
  readonly hasKeySets: boolean;
  /** Whether tasks group by the keys alone, too: not where all they do is to group by one value. */
  readonly isPlain: boolean;
  /** What each task computes of its own rows. */
  readonly parts: readonly NamedExpression[];
  /** The same of distinct values, over the columns of `values`. */
  readonly valueParts: readonly NamedExpression[];
  /** The sets of grouping columns (keys, then values, by position) that tasks group by; several need `set`. */
  readonly sets: readonly (readonly number[])[];
  /** Name of the column that tells sets apart: a bit for each column that is not grouped by; see `setSql`. */
  readonly set: string;
  /** Aggregates over the parts of all tasks. Empty: `results` are themselves. */
  readonly wholes: readonly NamedExpression[];
  /** Over keys, `set` and parts; or over keys, `set` and wholes. */
  readonly results: readonly NamedExpression[];
}

/** The phases, or for people why there are none. */
export function phasesOf(
  bound: BoundOf<'aggregate'>,
  calls: ReadonlyMap<string, AggregateCall>,
  dialect: Dialect,
): Phases | string {
  const { keys, sets = [keys.map((_, i) => i)] } = bound.operator;
  const columns = new PartColumns(dialect, [...keys, ...inputOf(bound).schema]);
  const merges = new Map<string, Merge>();
  const known = new Map([...calls].map(([key, call]) => [key, knownCall(call, columns, dialect)]));
  for (const [key, call] of known) {
    const merge = mergedCall(call, columns);
    if (merge === undefined) return `${call.text.name} needs all rows of a group at once`;
    merges.set(key, merge);
  }
  const finals = new Finals(bound, columns, merges, dialect);
  const results: NamedExpression[] = [];
  for (const { name, tree, sql: text } of bound.operator.aggregates) {
    const final = finals.treeOf(tree);
    if (typeof final === 'string') return `${text}: ${final}`;
    const type = bound.schema.find((column) => column.name === name)?.type ?? '';
    const sql = printExpression(dialect, final);
    // A call alone is cast where it is merged already; an expression over parts may widen.
    const isExact = calls.get(meaning(tree))?.type === type && !finals.isFinished(tree);
    results.push({ name, sql: isExact ? sql : castTo(sql, type) });
  }
  const { values, parts, valueParts, setName } = columns;
  const hasKeySets = bound.operator.sets !== undefined;
  const isPlain = parts.length > 0 || values.length === 0 || hasKeySets;
  const all = sets.flatMap((set) => [...(isPlain ? [set] : []), ...values.map((_, i) => [...set, keys.length + i])]);
  const set = setName;
  return { keys, values, hasKeySets, isPlain, parts, valueParts, sets: all, set, wholes: finals.wholes, results };
}

interface KnownCall {
  readonly text: CallText;
  readonly isWhole: boolean;
  /** The column of its DISTINCT. */
  readonly value?: string;
}

function knownCall(call: AggregateCall, columns: PartColumns, dialect: Dialect): KnownCall {
  const text = callText(call, dialect);
  const kind = distinctKind(call, text);
  const isWhole = kind === 'whole' || call.tree.export_state === true;
  if (kind !== 'values') return { text, isWhole };
  const arg = columnValue(call, dialect);
  // A NULL does not count for any of these aggregates, but keeps its group.
  const value = columns.value(text.filter === undefined ? arg : `CASE WHEN ${text.filter} THEN ${arg} END`);
  return { text, isWhole, value };
}

function mergedCall({ text, isWhole, value }: KnownCall, columns: PartColumns): Merge | undefined {
  if (isWhole) return undefined;
  if (value === undefined) return mergeOf(text, (sql) => columns.part(sql));
  // Rows that are there for another value are NULL in this one.
  const { filter: _, ...rest } = text;
  return mergeOf({ ...rest, args: [value] }, (sql) => columns.valuePart(sql));
}
