import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, meaning, rewrite } from '../../../shared/sql/ast.ts';
import { describeOver } from '../bind/describe.ts';
import { type Bound, type BoundOf, inputOf } from '../bound/plan.ts';
import { columnNamed, printExpression } from '../expressions/tree.ts';
import { isAggregateCall } from '../rules/aggregate/calls.ts';
import { functionOf, hasCall } from './calls.ts';
import type { Lifting } from './lifting.ts';
import { aggregate, isGrouping, type OwnCall, type Sets, type Typed, TypeScriptGroups } from './typescript-groups.ts';

/**
 * An aggregation that calls TypeScript functions: over rows, below it; over its results, above it; aggregates
 * themselves in two steps. Each task accumulates states of its groups; these meet as lists, and a last step makes their
 * values.
 *
 * Where other aggregates stand beside them, rows go on beside the states: the others count only those.
 */
export function liftAggregate(bound: BoundOf<'aggregate'>, lifting: Lifting): Bound {
  const { keys, aggregates } = bound.operator;
  const { functions } = lifting;
  if (![...keys, ...aggregates].some(({ tree }) => hasCall(tree, functions))) return bound;
  const dialect = lifting.context.dialect;
  const calls = new Map<string, { readonly name: string; readonly tree: AstNode }>();
  const keyNames = new Map(keys.map(({ tree, name }) => [meaning(tree), name]));
  const outer = aggregates.map(({ tree }) =>
    rewrite(tree, (node) => {
      const key = typeof node.class === 'string' ? keyNames.get(meaning(node)) : undefined;
      if (key !== undefined) return { ...columnNamed(key), alias: node.alias ?? '' };
      const isOwn = functionOf(node, functions)?.kind === 'aggregate';
      if (!isOwn && !isAggregateCall(node, dialect) && !isGrouping(node)) return undefined;
      const known = calls.get(meaning(node));
      const name = known?.name ?? lifting.fresh(bound.schema, inputOf(bound).schema);
      calls.set(meaning(node), { name, tree: { ...node, alias: '' } });
      return { ...columnNamed(name), alias: node.alias ?? '' };
    }),
  );
  const below = lifting.scalars(inputOf(bound), [
    ...keys.map(({ tree }) => tree),
    ...[...calls.values()].map(({ tree }) => tree),
  ]);
  const keyColumns = keys.map(
    ({ name }, i): Typed => ({ name, type: bound.schema[i]?.type ?? '', tree: below.trees[i] ?? {} }),
  );
  const callColumns = typed([...calls.values()], below.trees.slice(keys.length), below.input.schema, lifting);
  const grouped = group(below.input, keyColumns, callColumns, bound.operator, lifting);
  const list = [...keys.map(({ name }) => columnNamed(name)), ...outer].map((tree, i) => ({
    name: bound.schema[i]?.name ?? '',
    type: bound.schema[i]?.type ?? '',
    tree,
  }));
  const { input, trees } = lifting.scalars(
    grouped,
    list.map(({ tree }) => tree),
  );
  return lifting.project(
    input,
    list.map((column, i) => ({ ...column, tree: trees[i] ?? {} })),
  );
}

function typed(
  calls: readonly { readonly name: string }[],
  trees: readonly AstNode[],
  schema: Schema,
  { context, functions }: Lifting,
): Typed[] {
  return calls.map(({ name }, i) => {
    const tree = trees[i] ?? {};
    if (isGrouping(tree)) return { name, type: 'BIGINT', tree };
    const called = functionOf(tree, functions);
    const sql = called === undefined ? printExpression(context.dialect, tree) : `CAST(NULL AS ${called.returns})`;
    const [column] = describeOver(context.dialect, [{ name: 'input', schema }], `SELECT ${sql} AS a FROM input`);
    return { name, type: column?.type ?? '', tree };
  });
}

function group(input: Bound, keys: readonly Typed[], calls: readonly Typed[], sets: Sets, lifting: Lifting): Bound {
  const own = calls.flatMap(({ name, tree }): OwnCall[] => {
    const called = functionOf(tree, lifting.functions);
    return called === undefined ? [] : [{ name, call: tree, called }];
  });
  const others = calls.filter(({ name }) => !own.some((each) => each.name === name));
  return own.length === 0
    ? aggregate(input, keys, others, sets, lifting)
    : new TypeScriptGroups(input, keys, sets, lifting).group(own, others);
}
