import { type Literal, quoteLiteral } from '../../shared/sql/value.ts';
import { Expression } from './expression.ts';
import type { Term } from './types.ts';

declare const typeKey: unique symbol;
declare const needsKey: unique symbol;

/** A function over the rows around each row: it stands only in a dataset's `window`. */
export class WindowFunction<Type = unknown, Needs = never> {
  declare readonly [typeKey]: Type;
  declare readonly [needsKey]: (columns: Needs) => void;
  readonly sql: string;

  /** Use {@link rowNumber} and the like. */
  constructor(text: string) {
    this.sql = text;
  }
}

const ofNothing =
  <Type>(sql: string) =>
  (): WindowFunction<Type, unknown> =>
    new WindowFunction(sql);

/** The row's number in its partition, from 1, in the order given. BIGINT. */
export const rowNumber = ofNothing<'bigint'>('row_number()');

/** As the row's number, but equal for rows that are equal in the order, with gaps behind them. BIGINT. */
export const rank = ofNothing<'bigint'>('rank()');

/** As {@link rank}, without gaps. BIGINT. */
export const denseRank = ofNothing<'bigint'>('dense_rank()');

/** The rank from 0 to 1: `(rank - 1) / (rows - 1)`. DOUBLE. */
export const percentRank = ofNothing<'double'>('percent_rank()');

/** The share of the rows that come before this one or are equal to it. DOUBLE. */
export const cumeDist = ofNothing<'double'>('cume_dist()');

/** The number, from 1, of the part in which the row is when its partition is cut into so many equal parts. BIGINT. */
export const ntile = (parts: number): WindowFunction<'bigint', unknown> =>
  new WindowFunction(`ntile(${quoteLiteral(parts)})`);

/**
 * The value so many rows before, or `otherwise` (default null) where there is none.
 *
 * @example `flights.window({ partitionBy: 'plane', orderBy: 'departure', columns: { before: lag(col('delay')) } })`
 */
export const lag = <Type extends Term, Needs>(
  of: Expression<Type, Needs>,
  rows = 1,
  otherwise: Literal = null,
): WindowFunction<Type, Needs> =>
  new WindowFunction(`lag(${of.sql}, ${quoteLiteral(rows)}, ${quoteLiteral(otherwise)})`);

/** The value so many rows behind, as {@link lag}. */
export const lead = <Type extends Term, Needs>(
  of: Expression<Type, Needs>,
  rows = 1,
  otherwise: Literal = null,
): WindowFunction<Type, Needs> =>
  new WindowFunction(`lead(${of.sql}, ${quoteLiteral(rows)}, ${quoteLiteral(otherwise)})`);

/** The value of the first row of the frame. */
export const firstValue = <Type extends Term, Needs>(of: Expression<Type, Needs>): WindowFunction<Type, Needs> =>
  new WindowFunction(`first_value(${of.sql})`);

/** The value of the last row of the frame: of this row, unless a frame or no order is given. */
export const lastValue = <Type extends Term, Needs>(of: Expression<Type, Needs>): WindowFunction<Type, Needs> =>
  new WindowFunction(`last_value(${of.sql})`);

/** The value of the n-th row of the frame, from 1. */
export const nthValue = <Type extends Term, Needs>(
  of: Expression<Type, Needs>,
  nth: number,
): WindowFunction<Type, Needs> => new WindowFunction(`nth_value(${of.sql}, ${quoteLiteral(nth)})`);

/** An aggregate function, which may also stand in a window. */
export class Aggregate<Type extends Term = Term, Needs = never> extends Expression<Type, Needs> {
  declare readonly isAggregate: true;
}
