import { SheafError } from '../../shared/errors.ts';
import type { JoinCondition, JoinType } from '../../shared/plan/nodes/join.ts';
import type { SchemaSpec } from '../../shared/schema.ts';
import { Expression } from '../expressions/expression.ts';
import { quoteName } from '../expressions/identifier.ts';
import type { Typed } from '../expressions/typed.ts';
import type { Draft } from './draft.ts';
import type { ColumnName } from './types.ts';

/**
 * How rows of two datasets match: by columns that both have (`'origin'`, `['a', 'b']`), by pairs of columns
 * (`{ origin: 'iata' }`: the left's, then the right's), or by a condition over the aliases `l` and `r`
 * (``sql`l.origin = r.iata` ``).
 */
export type JoinOn<L extends SchemaSpec, R extends SchemaSpec> =
  | SharedName<L, R>
  | readonly SharedName<L, R>[]
  | { readonly [Name in ColumnName<L>]?: ColumnName<R> }
  | Typed<unknown, never>;

type SharedName<L extends SchemaSpec, R extends SchemaSpec> = string extends keyof L
  ? ColumnName<R>
  : string extends keyof R
    ? ColumnName<L>
    : keyof L & keyof R & string;

/** The columns by name that a `JoinOn` merges into one. */
export type UsingOf<On> = On extends string ? On : On extends readonly (infer Name extends string)[] ? Name : never;

/**
 * Rows of two relations that match.
 *
 * @throws SheafError `PLAN_INVALID`, at once, if the condition names no columns
 */
export function joinDraft(left: Draft, right: Draft, type: JoinType, on: JoinOn<SchemaSpec, SchemaSpec>): Draft {
  const condition = joinCondition(on);
  return async (resolver) => {
    const [first, second] = [await left(resolver), await right(resolver)];
    return { kind: 'join', type, left: first, right: second, on: condition };
  };
}

/** @returns the plan's form of the condition, in which all names are quoted */
function joinCondition(on: JoinOn<SchemaSpec, SchemaSpec>): JoinCondition {
  if (typeof on === 'string') return { kind: 'using', columns: [on] };
  if (isList(on)) return { kind: 'using', columns: notEmpty(on) };
  if (isTyped(on)) return { kind: 'condition', sql: on.sql };
  const pairs = Object.entries(on).flatMap(([left, right]) =>
    right === undefined ? [] : [`l.${quoteName(left)} = r.${quoteName(right)}`],
  );
  return { kind: 'condition', sql: notEmpty(pairs).join(' AND ') };
}

const isList = (on: JoinOn<SchemaSpec, SchemaSpec>): on is readonly string[] => Array.isArray(on);

const isTyped = (on: object): on is Typed => on instanceof Expression;

function notEmpty(columns: readonly string[]): readonly string[] {
  if (columns.length > 0) return columns;
  throw new SheafError('PLAN_INVALID', 'A join names no columns', {
    next: "Say how rows match: { on: 'id' }, { on: { origin: 'iata' } }, or a condition with sql`l.a = r.b`.",
  });
}
