import type { Schema } from '../../../../shared/schema.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import { type BoundColumn, type BoundOf, inputOf } from '../../bound/plan.ts';
import type { Build } from '../../stages/build.ts';
import { continued, type Fragment, withNote } from '../../stages/fragment.ts';
import { addSelect } from '../../stages/query.ts';
import { afterGrouping, groupedSize } from '../grouping.ts';
import { passed, placedBy, stillRanged } from '../placement.ts';
import { metInPlace } from '../ranges/in-ranges.ts';
import { type AggregateCall, aggregateCalls, isOrderSensitive } from './calls.ts';
import { groupByFirst, groupBySets } from './group-by.ts';
import { inPhases, meet, ofSets, partitioningBy } from './in-phases.ts';
import { phasesOf } from './phases.ts';

/**
 * One task, or whole groups in each: grouped where it is. Several: in phases where every aggregate allows it, else
 * whole groups are brought together by the hash of their keys; without keys everything meets in one task.
 */
export function planAggregate(bound: BoundOf<'aggregate'>, build: Build): Fragment {
  const input = build.plan(inputOf(bound));
  const calls = aggregateCalls(bound, build.context.dialect);
  if (input.tasks === 1) return group(input, bound, calls.values(), 'aggregate');
  const met = metInPlace(input, commonKeys(bound), build);
  if (met !== undefined) {
    const grouped = group(met, bound, calls.values(), 'aggregate');
    const placed = {
      ...passed(met.traits.partitionedBy, commonKeys(bound)),
      ...stillRanged(met.traits, commonKeys(bound)),
    };
    return { ...grouped, traits: { ...grouped.traits, ...placed } };
  }
  const phases = phasesOf(bound, calls, build.context.dialect);
  if (typeof phases === 'string') return wholeGroups(input, bound, calls.values(), phases, build);
  // Any value is as good as another: mostly there is but one.
  const picks = [...calls.values()].filter(({ tree }) => tree.function_name !== 'any_value');
  const isReproducible = input.traits.ordered || !isOrderSensitive(picks);
  return inPhases(input, bound, phases, isReproducible, build);
}

/** The aggregation as it was asked for, over rows of which whole groups are there. */
function group(input: Fragment, bound: BoundOf<'aggregate'>, calls: Iterable<AggregateCall>, label: string): Fragment {
  const { keys, aggregates, sets } = bound.operator;
  const tail = sets === undefined ? groupByFirst(keys.length) : groupBySets(sets);
  const query = addSelect(input.query, [...keys, ...aggregates], tail);
  const isReproducible = input.traits.ordered || !isOrderSensitive(calls);
  const volatile = [...keys, ...aggregates].some((column) => column.volatile);
  const names = keys.map(({ name }) => name);
  const grouped = afterGrouping(input.traits, names);
  const traits = sets === undefined ? grouped : ofSets(grouped);
  return continued(input, query, label, {
    schema: bound.schema,
    size: keys.length === 0 ? { rows: 1, bytes: 0 } : groupedSize(input.size, bound.operator.groups),
    traits: { ...traits, deterministic: traits.deterministic && isReproducible && !volatile },
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
  const by = commonKeys(bound).map(({ sql }) => sql);
  const met = build.exchange(cut, partitioningBy(by, cut.size.bytes, build), meet(by));
  const grouped = group(met, bound, calls, 'aggregate');
  const isPlain = bound.operator.sets === undefined && !keys.some(({ volatile }) => volatile);
  const traits = { ...grouped.traits, ...placedBy(isPlain ? keys.map(({ name }) => [name]) : []) };
  return withNote({ ...grouped, traits }, `whole groups meet before they are aggregated: ${reason}`);
}

/** Keys that all sets have. */
const commonKeys = ({ operator: { keys, sets } }: BoundOf<'aggregate'>): readonly BoundColumn[] =>
  keys.filter((_, i) => sets === undefined || sets.every((set) => set.includes(i)));

const selecting = (input: Fragment, schema: Schema): Fragment => ({
  ...input,
  schema,
  query: addSelect(
    input.query,
    schema.map(({ name }) => ({ name, sql: quotedName(name) })),
  ),
});
