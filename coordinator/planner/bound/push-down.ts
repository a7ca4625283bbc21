import type { Schema } from '../../../shared/schema.ts';
import { keptSides } from '../stages/choices.ts';
import { type Bound, type BoundOf, inputOf } from './plan.ts';

/**
 * Moves filters and limits towards the files where that changes no answer: filters below sorts, unions and joins (so
 * that fewer rows cross an exchange; within a stage DuckDB does it itself), limits below projections (so that a sort
 * under them keeps only the first rows).
 */
export function pushDown(bound: Bound): Bound {
  const moved = isFilter(bound) ? pushFilter(bound) : isLimit(bound) ? pushLimit(bound) : undefined;
  if (moved !== undefined) return pushDown(moved);
  return { ...bound, inputs: bound.inputs.map((input) => pushDown(input)) };
}

const isFilter = (bound: Bound): bound is BoundOf<'filter'> => bound.operator.kind === 'filter';
const isLimit = (bound: Bound): bound is BoundOf<'limit'> => bound.operator.kind === 'limit';
const isCall = (bound: Bound): bound is BoundOf<'call'> => bound.operator.kind === 'call';
const isJoin = (bound: Bound): bound is BoundOf<'join'> => bound.operator.kind === 'join';

/** The same rows with the filter one operator further down; nothing if it must stay. */
function pushFilter(filter: BoundOf<'filter'>): Bound | undefined {
  const below = inputOf(filter);
  const { predicate } = filter.operator;
  if (predicate.volatile) return undefined;
  switch (below.operator.kind) {
    case 'sort':
    case 'distinct':
      return { ...below, inputs: [filtered(filter, inputOf(below))] };
    case 'union':
      return sameNames(below) ? { ...below, inputs: below.inputs.map((input) => filtered(filter, input)) } : undefined;
    case 'call':
      return isCall(below) ? belowCall(filter, below) : undefined;
    case 'join':
      return isJoin(below) ? intoJoin(filter, below) : undefined;
    default:
      return undefined;
  }
}

const filtered = ({ operator }: BoundOf<'filter'>, input: Bound): Bound => ({
  operator,
  schema: input.schema,
  inputs: [input],
});

/** Before a function adds its column, if the filter does not speak of that: it is then called for fewer rows. */
function belowCall(filter: BoundOf<'filter'>, call: BoundOf<'call'>): Bound | undefined {
  const { step } = call.operator;
  const addsOnly = step.mode === 'scalar' || step.mode === 'scalarBatches' || step.mode === 'finish';
  const result = step.schema.at(-1)?.name.toLowerCase() ?? '';
  if (!addsOnly || filter.operator.predicate.names.has(result)) return undefined;
  return { ...call, inputs: [filtered(filter, inputOf(call))] };
}

/** Where every input names and types its columns as the union does, the predicate means the same in each. */
const sameNames = ({ schema, inputs }: Bound): boolean => inputs.every((input) => sameSchema(input.schema, schema));

const sameSchema = (a: Schema, b: Schema): boolean =>
  a.length === b.length && a.every(({ name, type }, i) => name === b[i]?.name && type === b[i]?.type);

/** Into the one side that it speaks of, unless the join makes nulls of that side's values. */
function intoJoin(filter: BoundOf<'filter'>, join: BoundOf<'join'>): Bound | undefined {
  const { predicate } = filter.operator;
  const { columns, type } = join.operator;
  const sides = new Set(
    [...predicate.names].map((name) => columns.find((column) => column.name.toLowerCase() === name)?.side),
  );
  const [side, ...more] = sides;
  if (side === undefined || side === 'both' || more.length > 0 || !keptSides[type].includes(side)) return undefined;
  const inputs = join.inputs.map((input, i) => ((i === 0) === (side === 'l') ? filtered(filter, input) : input));
  return { ...join, inputs };
}

/** Below a projection that adds no rows and is not random. */
function pushLimit(limit: BoundOf<'limit'>): Bound | undefined {
  const below = inputOf(limit);
  if (below.operator.kind !== 'project' || below.operator.columns.some(({ volatile }) => volatile)) return undefined;
  const input = inputOf(below);
  return { ...below, inputs: [{ operator: limit.operator, schema: input.schema, inputs: [input] }] };
}
