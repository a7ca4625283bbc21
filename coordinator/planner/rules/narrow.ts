import type { Schema } from '../../../shared/schema.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import { type BoundColumn, type BoundOf, inputOf } from '../bound/plan.ts';
import type { Build } from '../stages/build.ts';
import { addFunction, continued, type Fragment, type Size, type Traits } from '../stages/fragment.ts';
import { addFilter, addSelect } from '../stages/query.ts';
import { groupedSize } from './grouping.ts';
import { comingFrom, passed, stillRanged } from './placement.ts';

/** A filter joins the query of the stage that it stands in. */
export function planFilter(bound: BoundOf<'filter'>, build: Build): Fragment {
  const input = build.plan(inputOf(bound));
  const { predicate, share } = bound.operator;
  return continued(input, addFilter(input.query, predicate.sql), 'filter', {
    traits: afterExpressions(input.traits, predicate.volatile),
    size: share === undefined ? unsure(input.size) : filteredSize(input.size, share),
  });
}

const unsure = (size: Size): Size => ({ ...size, unsure: true });

/** A part of the rows. */
export const filteredSize = (size: Size, share: number): Size => ({
  ...size,
  rows: size.rows * share,
  bytes: size.bytes * share,
  share: (size.share ?? 1) * share,
});

/** A projection joins the query of the stage that it stands in; one that changes nothing is left out. */
export function planProject(bound: BoundOf<'project'>, build: Build): Fragment {
  const input = build.plan(inputOf(bound));
  const { columns } = bound.operator;
  if (isIdentity(columns, input.schema)) return input;
  return continued(input, addSelect(input.query, columns), 'select', {
    schema: bound.schema,
    size: withColumns(input.size, input.schema, bound.schema),
    traits: {
      ...afterExpressions(
        withoutUnique(input.traits),
        columns.some(({ volatile }) => volatile),
      ),
      ...passed(input.traits.partitionedBy, columns),
      ...stillRanged(input.traits, columns),
      ...comingFrom(input.traits, columns),
    },
  });
}

/** The input's own columns in their own order. */
const isIdentity = (columns: readonly BoundColumn[], schema: Schema): boolean =>
  columns.length === schema.length &&
  columns.every(({ name, sql }, i) => name === schema[i]?.name && sql === quotedName(name));

/** A TypeScript function is a step of its own; SQL goes on behind it. */
export function planCall(bound: BoundOf<'call'>, build: Build): Fragment {
  const input = build.plan(inputOf(bound));
  const { step, deterministic } = bound.operator;
  const called = addFunction(input, step);
  const all = withColumns(input.size, input.schema, step.schema);
  const sized = step.mode === 'filter' ? unsure(all) : all;
  return {
    ...called,
    labels: [...called.labels, `${step.mode} ${step.bundle.name}`],
    traits: afterExpressions(withoutUnique(input.traits), !deterministic),
    size: step.mode === 'accumulate' && step.groups?.passes === false ? groupedSize(sized) : sized,
  };
}

const afterExpressions = (traits: Traits, volatile: boolean): Traits =>
  volatile ? { ...withoutUnique(traits), deterministic: false, ordered: false } : traits;

/** Nor where its rows are. */
export const withoutUnique = ({ deterministic, ordered, rowwise }: Traits): Traits => ({
  deterministic,
  ordered,
  rowwise,
});

const withColumns = (size: Size, before: Schema, after: Schema): Size => ({
  ...size,
  bytes: (size.bytes * after.length) / Math.max(1, before.length),
});
