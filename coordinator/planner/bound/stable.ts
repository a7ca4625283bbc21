import { type Bound, type OperatorVisitor, visitOperator } from './plan.ts';

/** Whether a plan yields the same rows each time that it is run: only then may it stand in a query twice. */
export const isStable = (bound: Bound): boolean => visitOperator(bound, unstable, undefined) === false && below(bound);

const below = ({ inputs }: Bound): boolean => inputs.every(isStable);

const unstable: OperatorVisitor<boolean, undefined> = {
  scan: () => false,
  empty: () => false,
  dataset: () => false,
  filter: ({ operator }) => operator.predicate.volatile,
  project: ({ operator }) => operator.columns.some(({ volatile }) => volatile),
  call: ({ operator }) => !operator.deterministic,
  aggregate: ({ operator }) => [...operator.keys, ...operator.aggregates].some(({ volatile }) => volatile),
  distinct: () => false,
  sort: () => false,
  limit: () => true,
  join: ({ operator }) => operator.condition.volatile,
  window: ({ operator }) => operator.columns.some(({ volatile }) => volatile),
  union: () => false,
  repartition: () => false,
  gather: ({ operator }) => operator.volatile,
  write: () => false,
  extract: ({ operator }) => !operator.deterministic,
  step: () => false, // read twice, it is made once
  load: () => true,
};
