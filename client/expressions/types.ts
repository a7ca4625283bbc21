import type { SchemaSpec } from '../../shared/schema.ts';

/**
 * The types of expressions, for the compiler only. A `Term` says what type an expression has, as far as that is known
 * before it meets a dataset; `Needs` says which columns it reads and what they must be like, and is contravariant, so
 * that an expression fits every dataset that has what it needs.
 */
export type Term = string | ColumnTerm | SumTerm;

/** The type of the column of this name, whatever it will be. */
export interface ColumnTerm<Name extends string = string> {
  readonly column: Name;
}

/** The type that `sum` yields for this type. */
export interface SumTerm<Of = unknown> {
  readonly sum: Of;
}

/** What kind of values a type has; comparisons are checked by it. */
export type Family = 'number' | 'text' | 'boolean' | 'time' | 'other';

type IntegerName =
  | `${'U' | ''}${'TINYINT' | 'SMALLINT' | 'INTEGER' | 'BIGINT' | 'HUGEINT'}`
  | 'INT'
  | 'INT1'
  | 'INT2'
  | 'INT4'
  | 'INT8'
  | 'SIGNED'
  | 'SHORT'
  | 'LONG'
  | 'BIGNUM';
type FloatName = 'DOUBLE' | 'FLOAT' | 'REAL' | 'FLOAT4' | 'FLOAT8';
type DecimalName = 'DECIMAL' | 'NUMERIC' | `DECIMAL(${string}` | `NUMERIC(${string}`;
type TextName = 'VARCHAR' | 'TEXT' | 'STRING' | 'CHAR' | 'BPCHAR' | `VARCHAR(${string}` | `CHAR(${string}`;
type TimeName = `TIMESTAMP${string}` | 'DATETIME' | `TIME${string}` | 'DATE';

/** `never`, which fits every need, where the type is not known. */
export type FamilyOf<Type extends string> = string extends Type
  ? never
  : Uppercase<Type> extends infer Upper
    ? Upper extends 'UNKNOWN'
      ? never
      : Upper extends `${string}]`
        ? 'other'
        : Upper extends IntegerName | FloatName | DecimalName | 'NUMBER'
          ? 'number'
          : Upper extends TextName
            ? 'text'
            : Upper extends 'BOOLEAN' | 'BOOL' | 'LOGICAL'
              ? 'boolean'
              : Upper extends TimeName
                ? 'time'
                : 'other'
    : never;

/** What the columns of a schema offer; an open schema offers anything (`never` fits all needs). */
export type Offers<S extends SchemaSpec> = string extends keyof S
  ? never
  : { readonly [Name in keyof S]: FamilyOf<S[Name]> };

/** The type text of an expression over a dataset of schema `S`: `unknown` where only DuckDB can say. */
export type Resolve<Type, S extends SchemaSpec> = Type extends 'number'
  ? 'unknown'
  : Type extends string
    ? Type
    : Type extends ColumnTerm<infer Name>
      ? ColumnType<S, Name>
      : Type extends SumTerm<infer Of>
        ? SumType<Resolve<Of, S>>
        : 'unknown';

/** The type text of a schema's column; `unknown` for an open schema or a missing column. */
export type ColumnType<S extends SchemaSpec, Name extends string> = string extends keyof S
  ? 'unknown'
  : Name extends keyof S
    ? S[Name]
    : 'unknown';

type SumType<Type extends string> =
  Uppercase<Type> extends IntegerName ? 'hugeint' : Uppercase<Type> extends FloatName ? 'double' : 'unknown';

/** Columns that may be a condition by themselves. */
export type BooleanColumn<S extends SchemaSpec> = string extends keyof S
  ? string
  : { [Name in keyof S & string]: [FamilyOf<S[Name]>] extends ['boolean'] ? Name : never }[keyof S & string];

/** What a condition's type may be over a dataset of schema `S`. */
export type Condition<S extends SchemaSpec> = 'boolean' | 'unknown' | ColumnTerm<BooleanColumn<S>>;

/** Families with whose values a JavaScript value may be compared: DuckDB reads strings as dates and the like. */
export type FamiliesFor<Value> = Value extends string
  ? 'text' | 'time' | 'other'
  : Value extends number | bigint
    ? 'number'
    : Value extends boolean
      ? 'boolean'
      : Value extends Date
        ? 'time'
        : Value extends Uint8Array
          ? 'other'
          : Family;
