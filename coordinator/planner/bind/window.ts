import type { PlanOf } from '../../../shared/plan/node.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import type { Bound, BoundOf } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { describeOver } from './describe.ts';
import { bindColumn, explainError } from './expression.ts';
import { refuseDuplicates } from './narrow.ts';

/** @throws SheafError `SQL_INVALID`, `COLUMN_UNKNOWN`, `PLAN_INVALID` for a name that the input has */
export function bindWindow({ columns }: PlanOf<'window'>, input: Bound, context: PlanContext): BoundOf<'window'> {
  refuseDuplicates([...input.schema, ...columns]);
  const bound = columns.map((column) => bindColumn(column, input.schema, context));
  const list = columns.map(({ name, sql }) => `(\n${sql}\n) AS ${quotedName(name)}`).join(', ');
  try {
    const added = describeOver(context.dialect, [{ name: 'input', schema: input.schema }], `SELECT ${list} FROM input`);
    return { operator: { kind: 'window', columns: bound }, schema: [...input.schema, ...added], inputs: [input] };
  } catch (thrown) {
    const texts = columns.map(({ sql }) => sql).join(', ');
    throw explainError(
      thrown,
      bound.map(({ tree }) => tree),
      input.schema,
      `window "${texts}"`,
    );
  }
}
