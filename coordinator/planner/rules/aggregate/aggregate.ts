import type { Schema } from '../../../../shared/schema.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import type { Partitioning } from '../../../../shared/stage.ts';
import { describeOver } from '../../bind/describe.ts';
import { type BoundOf, inputOf } from '../../bound.ts';
import type { Build } from '../../build.ts';
import { continued, type Fragment, withNote } from '../../fragment.ts';
import { addSelect } from '../../query.ts';
import { afterGrouping, groupedSize } from '../grouping.ts';
import { type AggregateCall, aggregateCalls, isOrderSensitive } from './calls.ts';
import { type TwoPhases, twoPhases } from './two-phases.ts';

/**
 * One task: grouped where it is. Several: in two phases where every aggregate allows it, else whole groups are brought
 * together by the hash of their keys; without keys everything meets in one task.
 */
export function planAggregate(bound: BoundOf<'aggregate'>, build: Build): Fragment {
  const input = build.plan(inputOf(bound));
  const calls = aggregateCalls(bound, build.context.dialect);
  if (input.tasks === 1) return group(input, bound, calls.values(), 'aggregate');
  const phases = twoPhases(bound, calls, build.context.dialect);
  return typeof phases === 'string'
    ? wholeGroups(input, bound, calls.values(), phases, build)
    : inTwoPhases(input, bound, phases, build);
}

/** The aggregation as it was asked for, over rows of which whole groups are there. */
function group(input: Fragment, bound: BoundOf<'aggregate'>, calls: Iterable<AggregateCall>, label: string): Fragment {
  const { keys, aggregates } = bound.operator;
  const query = addSelect(input.query, [...keys, ...aggregates], groupBy(keys.length));
  const isReproducible = input.traits.ordered || !isOrderSensitive(calls);
  const volatile = [...keys, ...aggregates].some((column) => column.volatile);
  const traits = afterGrouping(
    input.traits,
    keys.map(({ name }) => name),
  );
  return continued(input, query, label, {
    schema: bound.schema,
    size: keys.length === 0 ? { rows: 1, bytes: 0 } : groupedSize(input.size),
    traits: { ...traits, deterministic: traits.deterministic && isReproducible && !volatile },
  });
}

function inTwoPhases(input: Fragment, bound: BoundOf<'aggregate'>, phases: TwoPhases, build: Build): Fragment {
  const { keys } = bound.operator;
  const names = keys.map(({ name }) => name);
  const by = names.map(quotedName);
  const schema = partialSchema(phases, inputOf(bound).schema, build);
  const partial = continued(input, addSelect(input.query, phases.partial, groupBy(keys.length)), 'partial aggregate', {
    schema,
    size: keys.length === 0 ? { rows: input.tasks, bytes: 0 } : groupedSize(input.size),
    traits: afterGrouping(input.traits, names),
  });
  const met = build.exchange(partial, partitioning(by, partial.size.bytes, build), meet(by));
  return continued(met, addSelect(met.query, phases.final, groupBy(keys.length)), 'final aggregate', {
    schema: bound.schema,
    traits: afterGrouping(met.traits, names),
  });
}

function wholeGroups(
  input: Fragment,
  bound: BoundOf<'aggregate'>,
  calls: Iterable<AggregateCall>,
  reason: string,
  build: Build,
): Fragment {
  const { keys, aggregates } = bound.operator;
  const used = new Set([...keys, ...aggregates].flatMap(({ names }) => [...names]));
  const schema = input.schema.filter(({ name }) => used.has(name.toLowerCase()));
  const cut = schema.length === 0 || schema.length === input.schema.length ? input : selecting(input, schema);
  const by = keys.map(({ sql }) => sql);
  const met = build.exchange(cut, partitioning(by, cut.size.bytes, build), meet(by));
  return withNote(group(met, bound, calls, 'aggregate'), `whole groups meet before they are aggregated: ${reason}`);
}

const selecting = (input: Fragment, schema: Schema): Fragment => ({
  ...input,
  schema,
  query: addSelect(
    input.query,
    schema.map(({ name }) => ({ name, sql: quotedName(name) })),
  ),
});

function partialSchema(phases: TwoPhases, schema: Schema, { context }: Build): Schema {
  const list = phases.partial.map(({ name, sql }) => `${sql} AS ${quotedName(name)}`).join(', ');
  const tail = groupBy(phases.partialSchemaKeys);
  return describeOver(context.dialect, [{ name: 'input', schema }], `SELECT ${list} FROM input ${tail ?? ''}`);
}

function partitioning(keys: readonly string[], bytes: number, build: Build): Partitioning {
  const partitions = build.partitionsFor(bytes);
  if (keys.length === 0 || partitions === 1) return { kind: 'single' };
  return { kind: 'hash', keys, partitions };
}

const meet = (keys: readonly string[]): string => (keys.length === 0 ? 'gather' : 'meet by key');

const groupBy = (keys: number): string | undefined =>
  keys === 0 ? undefined : `GROUP BY ${Array.from({ length: keys }, (_, i) => i + 1).join(', ')}`;
