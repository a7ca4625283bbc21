import { provenance } from '../../../shared/plan/nodes/extract.ts';
import type { Schema } from '../../../shared/schema.ts';
import { columnReference } from '../expressions/column-reference.ts';
import { countOfRows } from '../expressions/tree.ts';
import {
  type Bound,
  type BoundColumn,
  type BoundExpression,
  type BoundOf,
  inputOf,
  type OperatorVisitor,
  visitOperator,
} from './plan.ts';

/** Names in lower case. */
type Names = ReadonlySet<string>;

/**
 * Drops the columns that nobody above needs: scans yield only those that are used, and what crosses an exchange is cut
 * to what is read behind it. The result has at least the required columns, and one column where none is required.
 */
export const prune = (bound: Bound, required: Names): Bound => visitOperator(bound, pruners, required);

/** Everything is needed: for the root. */
export const allOf = (schema: Schema): Names => new Set(schema.map(({ name }) => name.toLowerCase()));

const pruners: OperatorVisitor<Bound, Names> = {
  scan: (bound, required) => ({ ...bound, schema: narrowed(bound.schema, required) }),
  empty: (bound, required) => ({ ...bound, schema: narrowed(bound.schema, required) }),
  dataset: (bound) => bound, // its segments are read whole: the worker's scan leaves out what the SQL does not name
  filter: (bound, required) => {
    const input = prune(inputOf(bound), union(required, bound.operator.predicate.names));
    return { ...bound, schema: input.schema, inputs: [input] };
  },
  project: pruneProject,
  call: pruneCall,
  aggregate: pruneAggregate,
  distinct: (bound) => ({ ...bound, inputs: [exactly(inputOf(bound), allOf(bound.schema))] }),
  sort: (bound, required) => sameColumns(bound, union(required, ...bound.operator.keys.map(({ names }) => names))),
  limit: pruneLimit,
  join: pruneJoin,
  union: (bound) => ({ ...bound, inputs: bound.inputs.map((input) => exactly(input, allOf(input.schema))) }),
  repartition: (bound, required) => sameColumns(bound, union(required, namesOf(bound.operator.keys))),
  extract: pruneExtract,
  step: (bound, required) => ({ ...bound, schema: narrowed(bound.schema, required) }), // its input: see `steps.ts`
  load: (bound) => ({ ...bound, inputs: bound.inputs.map((input) => exactly(input, allOf(input.schema))) }),
  gather: (bound) => ({ ...bound, inputs: bound.inputs.map((input) => exactly(input, allOf(input.schema))) }),
  window: pruneWindow,
  write: (bound) => ({ ...bound, inputs: [exactly(inputOf(bound), allOf(bound.schema))] }),
};

/** Columns of an operator that passes its input's columns on. */
function sameColumns<B extends Bound>(bound: B, required: Names): B {
  const input = exactly(inputOf(bound), required);
  return { ...bound, schema: input.schema, inputs: [input] };
}

/** Pruned, and cut by a projection where a filter below left columns that only it needed. */
function exactly(bound: Bound, required: Names): Bound {
  const pruned = prune(bound, required);
  const schema = narrowed(pruned.schema, required);
  if (schema.length === pruned.schema.length) return pruned;
  const columns = schema.map(({ name }) => columnReference(name));
  return { operator: { kind: 'project', columns }, schema, inputs: [pruned] };
}

/** Only these columns of a plan. */
export function cutTo(bound: Bound, required: Names): Bound {
  const { kind } = bound.operator;
  if (kind === 'scan' || kind === 'dataset') return prune(bound, required);
  if (kind === 'extract' || kind === 'step') return exactly(bound, required);
  const schema = narrowed(bound.schema, required);
  if (schema.length === bound.schema.length) return bound;
  return {
    operator: { kind: 'project', columns: schema.map(({ name }) => columnReference(name)) },
    schema,
    inputs: [bound],
  };
}

/**
 * A row that cannot be read is an error unless the column of its reason is read: whether it is must not depend on the
 * query.
 */
function pruneExtract(bound: BoundOf<'extract'>, required: Names): Bound {
  const { provenance: isAsked } = bound.operator.extract;
  const names = isAsked ? union(required, new Set([provenance.rejected.name])) : required;
  const inputs = bound.inputs.map((input) => exactly(input, allOf(input.schema)));
  return { ...bound, schema: narrowed(bound.schema, names), inputs };
}

/** Functions over rows and batches may read any column; one that adds a column passes on those that are wanted. */
function pruneCall(bound: BoundOf<'call'>, required: Names): Bound {
  const { step } = bound.operator;
  const result = step.schema.at(-1);
  if (step.args === undefined || step.mode === 'accumulate' || result === undefined)
    return { ...bound, inputs: [exactly(inputOf(bound), allOf(inputOf(bound).schema))] };
  if (!required.has(result.name.toLowerCase())) return prune(inputOf(bound), required);
  const passed = step.schema.slice(0, -1).filter(({ name }) => required.has(name.toLowerCase()));
  const schema = [...passed, result];
  const input = exactly(
    inputOf(bound),
    allOf([...passed, ...step.args.map(({ column }) => ({ name: column, type: '' }))]),
  );
  return { operator: { ...bound.operator, step: { ...step, schema } }, schema, inputs: [input] };
}

/** The sort below a limit stays just below it: they are planned together. */
function pruneLimit(bound: BoundOf<'limit'>, required: Names): Bound {
  if (inputOf(bound).operator.kind !== 'sort') return sameColumns(bound, required);
  const input = prune(inputOf(bound), required);
  return { ...bound, schema: input.schema, inputs: [input] };
}

function pruneProject(bound: BoundOf<'project'>, required: Names): Bound {
  const { columns } = bound.operator;
  if (required.size === 0) return prune(inputOf(bound), required); // only how many rows there are matters
  const wanted = withSiblings(columns, required);
  const kept = keptOf(bound.schema, wanted);
  const used = columns.filter((_, i) => kept.has(i));
  const input = prune(inputOf(bound), namesOf(used));
  const schema = bound.schema.filter((_, i) => kept.has(i));
  return { operator: { kind: 'project', columns: used }, schema, inputs: [input] };
}

/** A column may speak of another column of the same SELECT by its name: then that one is needed, too. */
function withSiblings(columns: readonly BoundColumn[], required: Names): Names {
  const wanted = new Set(required);
  for (let size = -1; size !== wanted.size; ) {
    size = wanted.size;
    for (const { name, names } of columns) if (wanted.has(name.toLowerCase())) for (const one of names) wanted.add(one);
  }
  return wanted;
}

function pruneAggregate(bound: BoundOf<'aggregate'>, required: Names): Bound {
  const { keys, aggregates } = bound.operator;
  const wanted = withSiblings([...keys, ...aggregates], required);
  const needed = aggregates.filter(({ name }) => wanted.has(name.toLowerCase()));
  if (keys.length + needed.length === 0) return countedOnly(bound);
  const input = prune(inputOf(bound), namesOf([...keys, ...needed]));
  const isUsed = (name: string): boolean => [...keys, ...needed].some((column) => column.name === name);
  const schema = bound.schema.filter(({ name }) => isUsed(name));
  return { operator: { ...bound.operator, aggregates: needed }, schema, inputs: [input] };
}

/** Groups that nobody looks into: how many there are is all that matters, and what nobody reads must not fail. */
function countedOnly(bound: BoundOf<'aggregate'>): Bound {
  const name = bound.schema[0]?.name ?? 'rows';
  const counted = { name, sql: 'count_star()', tree: countOfRows, names: new Set<string>(), volatile: false };
  const input = prune(inputOf(bound), counted.names);
  const schema = [{ name, type: 'BIGINT' }];
  return { operator: { ...bound.operator, aggregates: [counted] }, schema, inputs: [input] };
}

/** Columns that nobody wants are not computed; the last of them takes the operator with it. */
function pruneWindow(bound: BoundOf<'window'>, required: Names): Bound {
  const used = bound.operator.columns.filter(({ name }) => required.has(name.toLowerCase()));
  if (used.length === 0) return prune(inputOf(bound), required);
  const names = new Set(used.map(({ name }) => name.toLowerCase()));
  const below = new Set([...required].filter((name) => !names.has(name)));
  const input = exactly(inputOf(bound), union(below, namesOf(used)));
  const schema = [...input.schema, ...bound.schema.filter(({ name }) => names.has(name.toLowerCase()))];
  return { operator: { kind: 'window', columns: used }, schema, inputs: [input] };
}

function pruneJoin(bound: BoundOf<'join'>, required: Names): Bound {
  const { columns, condition } = bound.operator;
  const kept = keptOf(bound.schema, required);
  const used = columns.filter((_, i) => kept.has(i));
  const sides = bound.inputs.map((input, i) => {
    const other = i === 0 ? 'r' : 'l';
    const own = used.filter(({ side }) => side !== other).map(({ name }) => name.toLowerCase());
    return exactly(input, union(new Set(own), condition.names));
  });
  const schema = bound.schema.filter((_, i) => kept.has(i));
  return { operator: { ...bound.operator, columns: used }, schema, inputs: sides };
}

/** Positions of the required columns; of the narrowest one if none is required, since a relation has columns. */
function keptOf(schema: Schema, required: Names): ReadonlySet<number> {
  const kept = new Set(schema.flatMap(({ name }, i) => (required.has(name.toLowerCase()) ? [i] : [])));
  return kept.size > 0 ? kept : new Set([narrowest(schema)]);
}

const narrowed = (schema: Schema, required: Names): Schema => {
  const kept = keptOf(schema, required);
  return schema.filter((_, i) => kept.has(i));
};

const cheap = [
  /^(BOOLEAN|U?TINYINT)$/,
  /^U?SMALLINT$/,
  /^(U?INTEGER|DATE|FLOAT)$/,
  /^(U?BIGINT|DOUBLE|TIME|TIMESTAMP)/,
];

function narrowest(schema: Schema): number {
  const rank = (type: string): number => {
    const place = cheap.findIndex((pattern) => pattern.test(type));
    return place < 0 ? cheap.length : place;
  };
  const ranks = schema.map(({ type }) => rank(type));
  return Math.max(0, ranks.indexOf(Math.min(...ranks)));
}

const namesOf = (expressions: readonly BoundExpression[]): Names => union(...expressions.map(({ names }) => names));
const union = (...sets: readonly Names[]): Names => new Set(sets.flatMap((set) => [...set]));
