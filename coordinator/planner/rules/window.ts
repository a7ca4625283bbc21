import { type AstNode, find, meaning, nodesOf, rewrite } from '../../../shared/sql/ast.ts';
import { type BoundColumn, type BoundOf, inputOf } from '../bound/plan.ts';
import { parseOrder, printExpression } from '../expressions/tree.ts';
import type { Build } from '../stages/build.ts';
import { continued, type Fragment } from '../stages/fragment.ts';
import { addSelect } from '../stages/query.ts';
import { withoutUnique } from './narrow.ts';
import { asTheyAre, heldBy, passed, placedBy, stillRanged } from './placement.ts';
import { metInPlace } from './ranges/in-ranges.ts';

/**
 * Window functions see whole partitions: rows meet by the PARTITION BY keys that all of the functions have. Without
 * such a key they meet in one task.
 */
export function planWindow(bound: BoundOf<'window'>, build: Build): Fragment {
  const { columns } = bound.operator;
  const input = build.plan(inputOf(bound));
  const met = meeting(input, sharedKeys(columns), build);
  const own = asTheyAre(met.schema);
  const volatile = columns.some((column) => column.volatile);
  return continued(met, addSelect(met.query, [...own, ...inOneReading(columns, met, build)]), 'window', {
    schema: bound.schema,
    traits: {
      ...withoutUnique(met.traits),
      // Among equal sort keys, the order in which rows came decides.
      deterministic: met.traits.deterministic && met.traits.ordered && !volatile,
      ordered: false,
      rowwise: false,
      ...passed(met.traits.partitionedBy, own),
      ...stillRanged(met.traits, own),
    },
  });

  function meeting(fragment: Fragment, keys: readonly AstNode[], build: Build): Fragment {
    if (fragment.tasks === 1) return fragment;
    const by = keys.map((key) => printExpression(build.context.dialect, key));
    const named = by.map((sql) => ({ name: sql, sql }));
    const already = metInPlace(fragment, named, build);
    if (already !== undefined) return already;
    const partitions = build.partitionsFor(fragment.size.bytes);
    if (by.length === 0)
      return build.gather(fragment, 'gather', 'a window without a common PARTITION BY key runs in one task');
    if (partitions === 1) return build.exchange(fragment, { kind: 'single' }, 'meet by window');
    const spread = build.exchange(fragment, { kind: 'hash', keys: by, partitions }, 'meet by window');
    const columns = by.map((key) => heldBy(key, asTheyAre(fragment.schema)));
    return { ...spread, traits: { ...spread.traits, ...placedBy(columns) } };
  }
}

/**
 * DuckDB makes aggregates over whole partitions a join of the input with its own groups, and so reads it twice: not
 * what comes from a function or a source. An order in which all rows are alike leaves the answer as it is, and it one
 * reading.
 */
function inOneReading(
  columns: readonly BoundColumn[],
  { steps, inputs }: Fragment,
  { context: { dialect } }: Build,
): readonly BoundColumn[] {
  if (steps.length === 0 && inputs.every(({ kind }) => kind !== 'extract')) return columns;
  const orders = parseOrder(dialect, 'true');
  const ordered = (node: AstNode): AstNode | undefined =>
    node.class === 'WINDOW' && nodesOf(node.orders).length === 0 ? { ...node, orders } : undefined;
  return columns.map((column) => {
    const tree = rewrite(column.tree, ordered);
    return { ...column, tree, sql: printExpression(dialect, tree) };
  });
}

/** Keys by which every window function partitions. */
function sharedKeys(columns: readonly BoundColumn[]): AstNode[] {
  const windows = find(
    columns.map(({ tree }) => tree),
    ({ class: kind }) => kind === 'WINDOW',
  );
  const [first = [], ...others] = windows.map(({ partitions }) => nodesOf(partitions));
  return first.filter((key) => others.every((keys) => keys.some((other) => meaning(other) === meaning(key))));
}
