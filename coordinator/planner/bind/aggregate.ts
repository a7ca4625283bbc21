import { SheafError } from '../../../shared/errors.ts';
import type { PlanOf } from '../../../shared/plan/node.ts';
import type { AggregateNode } from '../../../shared/plan/nodes/aggregate.ts';
import type { NamedExpression } from '../../../shared/plan/nodes/expression.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import type { Bound, BoundOf } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { groupByFirst, groupBySets } from '../rules/aggregate/group-by.ts';
import { describeOver } from './describe.ts';
import { bindColumn, explainError } from './expression.ts';
import { refuseDuplicates } from './narrow.ts';

/** @throws SheafError `SQL_INVALID`, `COLUMN_UNKNOWN`, `PLAN_INVALID` */
export function bindAggregate(node: PlanOf<'aggregate'>, input: Bound, context: PlanContext): BoundOf<'aggregate'> {
  const columns = [...node.keys, ...node.aggregates];
  if (columns.length === 0) throw nothingToCompute();
  refuseDuplicates(columns);
  const keys = node.keys.map((key) => bindColumn(key, input.schema, context));
  const aggregates = node.aggregates.map((aggregate) => bindColumn(aggregate, input.schema, context));
  for (const key of keys) if (key.volatile) throw volatileKey(key.name, key.sql);
  const sets = node.sets === undefined ? {} : { sets: node.sets };
  try {
    const relation = { name: 'input', schema: input.schema };
    const schema = describeOver(context.dialect, [relation], groupingSelect(columns, keys.length, 'input', node.sets));
    return { operator: { kind: 'aggregate', keys, aggregates, ...sets }, schema, inputs: [input] };
  } catch (thrown) {
    const trees = [...keys, ...aggregates].map(({ tree }) => tree);
    const texts = columns.map(({ sql }) => sql).join(', ');
    throw explainError(
      thrown,
      trees,
      input.schema,
      `aggregation "${texts}"`,
      node.keys.map(({ name }) => name),
    );
  }
}

/** The aggregation as one SELECT. Keys are grouped by position, so that a key may be any expression. */
function groupingSelect(
  columns: readonly NamedExpression[],
  keys: number,
  from: string,
  sets?: AggregateNode['sets'],
): string {
  const list = columns.map(({ name, sql }) => `(\n${sql}\n) AS ${quotedName(name)}`).join(', ');
  const tail = sets === undefined ? groupByFirst(keys) : groupBySets(sets);
  return `SELECT ${list} FROM ${from} ${tail ?? ''}`;
}

const volatileKey = (name: string, sql: string): SheafError =>
  new SheafError('NOT_SUPPORTED', `The key ${name} "${sql}" has another value each time that it is computed`, {
    next: 'Add it as a column first, and group by that.',
  });

const nothingToCompute = (): SheafError =>
  new SheafError('PLAN_INVALID', 'An aggregation without keys and aggregates', { next: 'Name a key or an aggregate.' });
