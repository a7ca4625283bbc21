import type { PlanNode } from '../../shared/plan/node.ts';
import type { NamedExpression } from '../../shared/plan/nodes/expression.ts';
import type { SchemaSpec } from '../../shared/schema.ts';
import { namedColumns } from './columns.ts';
import type { Dataset } from './dataset.ts';
import type { AsSchema, Columns, SchemaOfColumns } from './types.ts';

/** Rows in groups: `agg` makes a dataset of one row for each. */
export interface Grouped<S extends SchemaSpec, Keys> {
  /**
   * The keys and, of each group, these aggregates: expressions, or SQL text, whose types the compiler does not know.
   *
   * @example `flights.groupBy('origin').agg({ flights: count(), late: 'avg((delay > 15)::int)' })`
   */
  agg<const C extends Columns<S>>(aggregates: C): Dataset<AsSchema<Keys & SchemaOfColumns<S, C>>>;
}

type Derive = (build: (input: PlanNode) => PlanNode, names: readonly string[] | undefined) => Dataset<SchemaSpec>;

/** @param derive makes the dataset that aggregates the input by the keys */
export const groupOf = <S extends SchemaSpec, Keys>(
  keys: readonly NamedExpression[],
  derive: Derive,
): Grouped<S, Keys> => ({
  agg<const C extends Columns<S>>(columns: C) {
    const aggregates = namedColumns(columns as Columns<SchemaSpec>);
    const names = [...keys, ...aggregates].map(({ name }) => name);
    const grouped = derive((input) => ({ kind: 'aggregate', input, keys, aggregates }), names);
    return grouped as Dataset<SchemaSpec> as unknown as Dataset<AsSchema<Keys & SchemaOfColumns<S, C>>>;
  },
});
