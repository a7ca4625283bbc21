import { quotedName } from '../../../shared/sql/text.ts';
import type { BoundOf } from '../bound/plan.ts';
import type { Build } from '../stages/build.ts';
import type { Fragment } from '../stages/fragment.ts';
import { addSelect, queryOf } from '../stages/query.ts';

/**
 * Rows that several read: their stage writes one partition a task, and each reader has as many tasks, which read the
 * partitions one by one. Nothing is gathered, no row changes its place.
 */
export function planStep({ operator, schema }: BoundOf<'step'>, build: Build): Fragment {
  const { fragment, stage } = build.step(operator.name);
  const { tasks, size } = fragment;
  const perTask = Array.from({ length: tasks }, (_, i) => ({ from: 0, to: 1, tasks: { from: i, to: i + 1 } }));
  const whole = build.read(fragment, stage, 'partition');
  const input = tasks === 1 ? whole : { ...whole, perTask };
  const isAll = JSON.stringify(schema) === JSON.stringify(fragment.schema);
  const columns = schema.map(({ name }) => ({ name, sql: quotedName(name) }));
  return {
    inputs: [input],
    steps: [],
    query: isAll ? queryOf(input.name) : addSelect(queryOf(input.name), columns),
    schema,
    tasks,
    labels: [operator.name],
    notes: [],
    traits: { deterministic: true, ordered: fragment.traits.ordered, rowwise: false },
    size: { rows: size.rows, bytes: (size.bytes * schema.length) / Math.max(1, fragment.schema.length) },
  };
}
