import type { Expression } from './expression.ts';
import type { Be } from './typed.ts';
import type { SumTerm, Term } from './types.ts';
import { Aggregate } from './windows.ts';

/** How many rows, or how many rows where the expression is not null. BIGINT. */
export function count<Needs = unknown>(of?: Expression<Term, Needs>): Aggregate<'bigint', Needs> {
  return new Aggregate(of === undefined ? 'count(*)' : `count(${of.sql})`);
}

/** How many different values, nulls not counted. BIGINT. */
export const countDistinct = <Needs>(of: Expression<Term, Needs>): Aggregate<'bigint', Needs> =>
  new Aggregate(`count(DISTINCT ${of.sql})`);

/** The sum of numbers: HUGEINT of whole numbers, DOUBLE of floating ones. Null over no rows. */
export const sum = <Type extends Term, Needs>(
  of: Expression<Type, Needs>,
): Aggregate<SumTerm<Type>, Needs & Be<Type, 'number'>> => new Aggregate(`sum(${of.sql})`);

/** The arithmetic mean of numbers. DOUBLE. Null over no rows. */
export const avg = <Type extends Term, Needs>(
  of: Expression<Type, Needs>,
): Aggregate<'double', Needs & Be<Type, 'number'>> => new Aggregate(`avg(${of.sql})`);

/** The smallest value, of the column's own type. */
export const min = <Type extends Term, Needs>(of: Expression<Type, Needs>): Aggregate<Type, Needs> =>
  new Aggregate(`min(${of.sql})`);

/** The largest value, of the column's own type. */
export const max = <Type extends Term, Needs>(of: Expression<Type, Needs>): Aggregate<Type, Needs> =>
  new Aggregate(`max(${of.sql})`);
