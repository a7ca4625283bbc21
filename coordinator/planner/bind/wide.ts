import { SheafError } from '../../../shared/errors.ts';
import type { PlanOf } from '../../../shared/plan/node.ts';
import type { Schema } from '../../../shared/schema.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import { nullOf } from '../../../shared/sql/type-text.ts';
import type { Bound, BoundOf } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { describeOver } from './describe.ts';
import { bindExpression, bindSortKey, explainError } from './expression.ts';
import { bindProject } from './narrow.ts';

/** @throws SheafError `SQL_INVALID`, `COLUMN_UNKNOWN` */
export function bindSort({ keys }: PlanOf<'sort'>, input: Bound, context: PlanContext): BoundOf<'sort'> {
  if (keys.length === 0) throw new SheafError('PLAN_INVALID', 'A sort without keys', { next: 'Name a column.' });
  const bound = keys.map((key) => bindSortKey(key, input.schema, context));
  for (const [i, key] of keys.entries()) {
    try {
      describeOver(
        context.dialect,
        [{ name: 'input', schema: input.schema }],
        `SELECT * FROM input ORDER BY\n${key}\n`,
      );
    } catch (thrown) {
      throw explainError(
        thrown,
        bound.slice(i, i + 1).map(({ tree }) => tree),
        input.schema,
        `sort by "${key}"`,
      );
    }
  }
  return { operator: { kind: 'sort', keys: bound }, schema: input.schema, inputs: [input] };
}

/** @throws SheafError `PLAN_INVALID` */
export function bindLimit({ limit, offset }: PlanOf<'limit'>, input: Bound): BoundOf<'limit'> {
  for (const value of [limit ?? 0, offset]) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new SheafError('PLAN_INVALID', `A limit of ${value} rows`, { next: 'Give a whole number from 0.' });
    }
  }
  return { operator: { kind: 'limit', limit, offset }, schema: input.schema, inputs: [input] };
}

/** @throws SheafError `SCHEMA_MISMATCH` for another number of columns, or types that have none in common */
export function bindUnion(
  { byName }: PlanOf<'union'>,
  given: readonly Bound[],
  context: PlanContext,
): BoundOf<'union'> {
  const inputs = byName ? inOneOrder(given, context) : given;
  const [first, ...others] = inputs;
  if (first === undefined) throw new SheafError('PLAN_INVALID', 'A union of nothing', { next: 'Name its inputs.' });
  for (const [i, { schema }] of others.entries()) {
    if (schema.length !== first.schema.length) throw otherLength(first.schema, schema, i + 2);
  }
  return { operator: { kind: 'union' }, schema: unionSchema(inputs, 'UNION ALL', context), inputs };
}

/** Each input with the columns of all of them, in one order. */
function inOneOrder(inputs: readonly Bound[], context: PlanContext): Bound[] {
  const schema = unionSchema(inputs, 'UNION ALL BY NAME', context);
  return inputs.map((input) => {
    const own = new Set(input.schema.map(({ name }) => name.toLowerCase()));
    const columns = schema.map(({ name, type }) => {
      return { name, sql: own.has(name.toLowerCase()) ? quotedName(name) : nullOf(type) };
    });
    return bindProject(columns, input, context);
  });
}

/** @throws SheafError `SCHEMA_MISMATCH` */
function unionSchema(inputs: readonly Bound[], union: string, { dialect }: PlanContext): Schema {
  const relations = inputs.map(({ schema }, i) => ({ name: `in${i}`, schema }));
  try {
    return describeOver(dialect, relations, relations.map(({ name }) => `SELECT * FROM ${name}`).join(` ${union} `));
  } catch (thrown) {
    const error = SheafError.from(thrown);
    throw new SheafError('SCHEMA_MISMATCH', `The inputs of a union do not match: ${error.message}`, {
      cause: error,
      next: 'Cast the columns to one type before the union.',
    });
  }
}

const otherLength = (first: Schema, other: Schema, place: number): SheafError =>
  new SheafError(
    'SCHEMA_MISMATCH',
    `Input ${place} of the union has ${other.length} columns where the first has ${first.length}`,
    { next: `Select the same columns, in the order ${first.map(({ name }) => name).join(', ')}.` },
  );

/** @throws SheafError `SQL_INVALID`, `COLUMN_UNKNOWN`, `PLAN_INVALID` */
export function bindRepartition(
  { keys, partitions }: PlanOf<'repartition'>,
  input: Bound,
  context: PlanContext,
): BoundOf<'repartition'> {
  if (!Number.isSafeInteger(partitions) || partitions < 1) {
    throw new SheafError('PLAN_INVALID', `A repartition into ${partitions}`, { next: 'Give a whole number from 1.' });
  }
  const bound = keys.map((key) => bindExpression(key, input.schema, context));
  for (const [i, key] of keys.entries()) {
    try {
      describeOver(context.dialect, [{ name: 'input', schema: input.schema }], `SELECT (\n${key}\n) FROM input`);
    } catch (thrown) {
      throw explainError(
        thrown,
        bound.slice(i, i + 1).map(({ tree }) => tree),
        input.schema,
        `repartition by "${key}"`,
      );
    }
  }
  return { operator: { kind: 'repartition', partitions, keys: bound }, schema: input.schema, inputs: [input] };
}
