import type { Literal } from '../../shared/sql/value.ts';
import type { ColumnTerm, FamiliesFor, Family, FamilyOf } from './types.ts';

/** Carries an expression's type; for the compiler only, there is no such property at run time. */
export declare const typeKey: unique symbol;
/** Carries what an expression needs of columns; for the compiler only, as {@link typeKey}. */
export declare const needsKey: unique symbol;

/** SQL with types for the compiler: what it yields and what columns it needs. */
export interface Typed<Type = unknown, Needs = never> {
  /** In DuckDB's SQL, complete in itself: names and values are quoted, operators are in parentheses. */
  readonly sql: string;
  readonly [typeKey]: Type;
  readonly [needsKey]: (columns: Needs) => void;
}

/** What may stand on the other side of an operator, by the type on this side. */
export type Operand<Type> = Type extends string
  ? [FamilyOf<Type>] extends [never]
    ? NonNullable<Literal> | Typed
    : LiteralOf<FamilyOf<Type>> | Typed
  : NonNullable<Literal> | Typed;

type LiteralOf<F extends Family> = {
  number: number | bigint;
  text: string;
  boolean: boolean;
  time: Date | string;
  other: string | Uint8Array;
}[F];

/** What both sides of an operator need: where one is a column and the other a value, the column must be of its kind. */
export type Demand<Type, Other> = NeedsOf<Other> &
  (Type extends ColumnTerm<infer Name>
    ? Other extends Typed<infer OtherType>
      ? OtherType extends string
        ? [FamilyOf<OtherType>] extends [never]
          ? unknown
          : { readonly [Column in Name]: FamilyOf<OtherType> }
        : unknown
      : { readonly [Column in Name]: FamiliesFor<Other> }
    : unknown);

type NeedsOf<Other> =
  Other extends Typed<unknown, never>
    ? Other extends { readonly [needsKey]: (columns: infer Needs) => void }
      ? Needs
      : unknown
    : unknown;

/** Needs that the expression, if it is a column, is of this family. */
export type Be<Type, F extends Family> =
  Type extends ColumnTerm<infer Name> ? { readonly [Column in Name]: F } : unknown;

/** The other side of arithmetic. */
export type NumberOperand = number | bigint | Typed<unknown, never>;

/** What arithmetic yields. */
export type Arithmetic<Type> = Type extends 'double' ? 'double' : 'number';

/** What both sides of arithmetic need: numbers. */
export type NumberDemand<Type, Other> = Be<Type, 'number'> &
  (Other extends Typed<infer OtherType> ? NeedsOf<Other> & Be<OtherType, 'number'> : unknown);
