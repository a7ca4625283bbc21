import { SheafError } from '../../../shared/errors.ts';
import type { PlanOf } from '../../../shared/plan/node.ts';
import type { NamedExpression } from '../../../shared/plan/nodes/expression.ts';
import type { Schema } from '../../../shared/schema.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import type { Bound, BoundColumn, BoundOf } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { describeOver } from './describe.ts';
import { bindColumn, bindExpression, explainError } from './expression.ts';

/** @throws SheafError `SQL_INVALID`, `COLUMN_UNKNOWN` */
export function bindFilter({ predicate }: PlanOf<'filter'>, input: Bound, context: PlanContext): BoundOf<'filter'> {
  const bound = bindExpression(predicate, input.schema, context);
  try {
    describeOver(
      context.dialect,
      [{ name: 'input', schema: input.schema }],
      `SELECT 1 FROM input WHERE (\n${predicate}\n)`,
    );
  } catch (thrown) {
    throw explainError(thrown, [bound.tree], input.schema, `filter "${predicate}"`);
  }
  return { operator: { kind: 'filter', predicate: bound }, schema: input.schema, inputs: [input] };
}

/** @throws SheafError `SQL_INVALID`, `COLUMN_UNKNOWN`, `PLAN_INVALID` for two columns of one name */
export function bindProject(
  columns: readonly NamedExpression[],
  input: Bound,
  context: PlanContext,
): BoundOf<'project'> {
  if (columns.length === 0) throw new SheafError('PLAN_INVALID', 'A selection without columns', { next: 'Name one.' });
  refuseDuplicates(columns);
  const bound = columns.map((column) => bindColumn(column, input.schema, context));
  const schema = typesOf(columns, bound, input.schema, context);
  return { operator: { kind: 'project', columns: bound }, schema, inputs: [input] };
}

/** Columns with these added, or replaced where the name exists: a projection that names the others too. */
export function bindExtend({ columns }: PlanOf<'extend'>, input: Bound, context: PlanContext): BoundOf<'project'> {
  refuseDuplicates(columns);
  const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  const kept = input.schema.map(
    ({ name }) => columns.find((column) => isSame(column.name, name)) ?? { name, sql: quotedName(name) },
  );
  const added = columns.filter((column) => !input.schema.some(({ name }) => isSame(name, column.name)));
  return bindProject([...kept, ...added], input, context);
}

function typesOf(
  columns: readonly NamedExpression[],
  bound: readonly BoundColumn[],
  schema: Schema,
  { dialect }: PlanContext,
): Schema {
  const select = (list: readonly NamedExpression[]): Schema =>
    describeOver(
      dialect,
      [{ name: 'input', schema }],
      `SELECT ${list.map(({ name, sql }) => `(\n${sql}\n) AS ${quotedName(name)}`).join(',')} FROM input`,
    );
  try {
    return select(columns);
  } catch (thrown) {
    const aliases = columns.map(({ name }) => name);
    for (const [i, { name, sql }] of columns.entries()) {
      const tree = bound[i]?.tree ?? {};
      const place = sql === quotedName(name) ? 'the selection' : `column ${name} "${sql}"`;
      const error = explainError(thrown, [tree], schema, place, aliases);
      if (error.code === 'COLUMN_UNKNOWN' && error.message.startsWith('There is no')) throw error;
    }
    throw explainError(thrown, [], schema, 'select');
  }
}

/** @throws SheafError `PLAN_INVALID` if two columns have one name, whatever its case */
export function refuseDuplicates(columns: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name.toLowerCase())) {
      throw new SheafError('PLAN_INVALID', `Two columns are named "${name}"`, {
        next: 'Give one of them another name: names are compared without regard to case.',
      });
    }
    seen.add(name.toLowerCase());
  }
}
