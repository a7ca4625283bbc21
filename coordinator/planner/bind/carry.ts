import { provenance } from '../../../shared/plan/nodes/extract.ts';
import type { Schema } from '../../../shared/schema.ts';
import { type Bound, type BoundOf, inputOf, type OperatorVisitor, visitOperator } from '../bound/plan.ts';
import { columnReference } from '../expressions/column-reference.ts';

/** Where a row came from, as far as operators can pass it on. */
const carriedColumns: Schema = [provenance.source, provenance.position];

/**
 * The same rows with the columns of provenance after their own, where each row comes from one row of one source. A row
 * of an aggregate, of a function that makes rows, or of a file does not: then the operator is returned as it is.
 */
export const carry = (bound: Bound): Bound => (carries(bound) ? bound : visitOperator(bound, carriers, undefined));

/** Whether the rows say where they came from. */
export const carries = ({ schema }: Bound): boolean =>
  carriedColumns.every(({ name }) => schema.some((column) => column.name === name));

const same = (bound: Bound): Bound => bound;

const carriers: OperatorVisitor<Bound, undefined> = {
  scan: same,
  dataset: same,
  extract: same,
  aggregate: same,
  distinct: same,
  gather: same,
  write: same,
  load: same,
  empty: (bound) => ({ ...bound, schema: [...bound.schema, ...carriedColumns] }),
  step: carryStep,
  filter: passOn,
  sort: passOn,
  limit: passOn,
  window: carryWindow,
  repartition: passOn,
  project: carryProject,
  call: (bound) => (bound.operator.step.mode === 'filter' ? passOn(bound) : bound),
  join: carryJoin,
  union: carryUnion,
};

/** Rows go through as they are, with whatever columns they have. */
function passOn(bound: Bound): Bound {
  const input = carry(inputOf(bound));
  return carries(input) ? { ...bound, schema: input.schema, inputs: [input] } : bound;
}

/** What a window adds stands last. */
function carryWindow(bound: BoundOf<'window'>): Bound {
  const before = inputOf(bound);
  const input = carry(before);
  if (!carries(input)) return bound;
  const added = bound.schema.slice(before.schema.length);
  return { ...bound, schema: [...input.schema, ...added], inputs: [input] };
}

function carryProject(bound: BoundOf<'project'>): Bound {
  const input = carry(inputOf(bound));
  if (!carries(input)) return bound;
  const columns = [...bound.operator.columns, ...carriedColumns.map(({ name }) => columnReference(name))];
  return {
    ...bound,
    operator: { kind: 'project', columns },
    schema: [...bound.schema, ...carriedColumns],
    inputs: [input],
  };
}

/** A step always has them, for whoever asks: its readers must agree on what it is. */
function carryStep(bound: BoundOf<'step'>): Bound {
  return carries(bound.operator.input) ? { ...bound, schema: [...bound.schema, ...carriedColumns] } : bound;
}

/** Of the left side, which a lookup leaves as many rows as it has; of the right one where only that knows. */
function carryJoin(bound: BoundOf<'join'>): Bound {
  const [left, right] = bound.inputs.map(carry);
  if (left === undefined || right === undefined) return bound;
  const { type } = bound.operator;
  const isHalf = type === 'semi' || type === 'anti';
  const side = carries(left) ? 'l' : !isHalf && carries(right) ? 'r' : undefined;
  if (side === undefined) return bound;
  const columns = [...bound.operator.columns, ...carriedColumns.map(({ name }) => ({ name, side }) as const)];
  const inputs = side === 'l' ? [left, bound.inputs[1] ?? right] : [bound.inputs[0] ?? left, right];
  return { ...bound, operator: { ...bound.operator, columns }, schema: [...bound.schema, ...carriedColumns], inputs };
}

/** Columns of a union are told apart by their places. */
function carryUnion(bound: BoundOf<'union'>): Bound {
  const inputs = bound.inputs.map((input) => ({ before: input.schema, carried: carry(input) }));
  if (!inputs.every(({ carried }) => carries(carried))) return bound;
  const placed = inputs.map(({ before, carried }) => inOrder(carried, [...withoutCarried(before), ...carriedColumns]));
  return { ...bound, schema: [...withoutCarried(bound.schema), ...carriedColumns], inputs: placed };
}

const withoutCarried = (schema: Schema): Schema =>
  schema.filter(({ name }) => !carriedColumns.some((column) => column.name === name));

const inOrder = (input: Bound, schema: Schema): Bound => ({
  operator: { kind: 'project', columns: schema.map(({ name }) => columnReference(name)) },
  schema,
  inputs: [input],
});
