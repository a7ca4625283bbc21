import type { SchemaSpec } from '../schema.ts';

/**
 * Rows as TypeScript sees them, from DuckDB's type texts. Every value may be null, as in SQL. By type:
 *
 * | DuckDB                                                | TypeScript                                       |
 * | ----------------------------------------------------- | ------------------------------------------------ |
 * | BOOLEAN                                               | `boolean`                                        |
 * | integers up to 32 bits, FLOAT, DOUBLE                 | `number`                                         |
 * | BIGINT, UBIGINT, HUGEINT, UHUGEINT                    | `bigint`                                         |
 * | DECIMAL                                               | `string`, exact                                  |
 * | DATE, TIMESTAMP in all its forms                      | `Date` (UTC; what is finer than a ms is kept beside it) |
 * | BLOB, GEOMETRY (as WKB)                               | `Uint8Array`                                     |
 * | lists, fixed arrays                                   | arrays                                           |
 * | STRUCT                                                | objects; arrays where its fields have no names   |
 * | MAP                                                   | `Map`                                            |
 * | VARCHAR, ENUM, UUID, TIME, INTERVAL, JSON, all others | `string`, as DuckDB prints it                    |
 *
 * A schema whose texts are not known to the compiler gives `unknown`, and so does the type text `unknown`, which a
 * client gives to columns of which only DuckDB can say the type.
 */
export type RowOf<S extends SchemaSpec> = { [Name in keyof S]: ValueOf<S[Name]> | null };

/** What a function may return for a row of schema `S`: the same, or what converts to it without loss. */
export type ResultRowOf<S extends SchemaSpec> = { readonly [Name in keyof S]: ResultOf<S[Name]> | null | undefined };

/** The TypeScript type of a value (not null) of the DuckDB type text `T`. */
export type ValueOf<T extends string> = string extends T ? unknown : ValueOfText<Trim<T>>;

type ResultOf<T extends string> = string extends T
  ? unknown
  : Widened<Uppercase<Trim<T>> extends BigName ? number | bigint : ValueOfText<Trim<T>>, T>;

/** Exact decimals are strings; a number is taken as well and rounded to the scale. */
type Widened<Value, T extends string> = Uppercase<Trim<T>> extends DecimalName ? string | number | bigint : Value;

type Sized<Name extends string> = Name | `${Name}(${string})` | `${Name} (${string})`;

type BooleanName = 'BOOLEAN' | 'BOOL' | 'LOGICAL';
type NumberName =
  | ('TINYINT' | 'INT1' | 'SMALLINT' | 'INT2' | 'SHORT' | 'INT16' | 'INTEGER' | 'INT4' | 'INT' | 'INT32' | 'SIGNED')
  | ('UTINYINT' | 'UINT8' | 'USMALLINT' | 'UINT16' | 'UINTEGER' | 'UINT32')
  | ('FLOAT' | 'FLOAT4' | 'REAL' | 'DOUBLE' | 'FLOAT8');
type BigName =
  | 'BIGINT'
  | 'INT8'
  | 'LONG'
  | 'INT64'
  | 'OID'
  | 'UBIGINT'
  | 'UINT64'
  | 'HUGEINT'
  | 'INT128'
  | 'UHUGEINT'
  | 'UINT128';
type DecimalName = Sized<'DECIMAL' | 'NUMERIC' | 'DEC'>;
type DateName =
  | ('DATE' | 'DATETIME' | 'TIMESTAMP' | 'TIMESTAMP_US' | 'TIMESTAMP_S' | 'TIMESTAMP_MS' | 'TIMESTAMP_NS')
  | ('TIMESTAMPTZ' | 'TIMESTAMP WITH TIME ZONE' | 'TIMESTAMP WITHOUT TIME ZONE');
type BytesName = 'BLOB' | 'BYTEA' | 'BINARY' | 'VARBINARY' | 'GEOMETRY';

type ValueOfText<T extends string> =
  Uppercase<T> extends 'UNKNOWN'
    ? unknown
    : T extends `${infer Element}[]`
      ? readonly (ValueOf<Element> | null)[]
      : T extends `${infer Element}[${infer _Size extends number}]`
        ? readonly (ValueOf<Element> | null)[]
        : T extends `${string}]`
          ? readonly unknown[]
          : Uppercase<T> extends `STRUCT(${string})`
            ? T extends `${string}(${infer Inner}`
              ? StructOf<SplitTop<WithoutLast<Inner>>>
              : never
            : Uppercase<T> extends `MAP(${string})`
              ? T extends `${string}(${infer Inner}`
                ? MapOf<SplitTop<WithoutLast<Inner>>>
                : never
              : ScalarOf<Uppercase<T>>;

type ScalarOf<T extends string> = T extends NumberName
  ? number
  : T extends BigName
    ? bigint
    : T extends BooleanName
      ? boolean
      : T extends DateName
        ? Date
        : T extends BytesName
          ? Uint8Array
          : string;

type StructOf<Fields extends readonly string[]> = {
  readonly [Field in Fields[number] as FieldName<Trim<Field>>]: ValueOf<FieldType<Trim<Field>>> | null;
};
type FieldName<T extends string> = T extends `"${infer Name}" ${string}`
  ? Name
  : T extends `${infer Name} ${string}`
    ? Name
    : never;
type FieldType<T extends string> = T extends `"${string}" ${infer Type}`
  ? Type
  : T extends `${string} ${infer Type}`
    ? Type
    : never;

type MapOf<Sides extends readonly string[]> = Sides extends readonly [
  infer Key extends string,
  infer Value extends string,
]
  ? ReadonlyMap<ValueOf<Key>, ValueOf<Value> | null>
  : never;

type Trim<T extends string> = T extends ` ${infer Rest}` | `${infer Rest} ` ? Trim<Rest> : T;
type WithoutLast<T extends string> = T extends `${infer Rest})` ? Rest : T;

/** Splits at the commas outside parentheses: a piece is whole when it opens as many as it closes. */
type SplitTop<T extends string, Piece extends string = ''> = T extends `${infer Head},${infer Rest}`
  ? Count<`${Piece}${Head}`, '('> extends Count<`${Piece}${Head}`, ')'>
    ? [`${Piece}${Head}`, ...SplitTop<Rest>]
    : SplitTop<Rest, `${Piece}${Head},`>
  : [`${Piece}${T}`];
type Count<
  T extends string,
  Mark extends string,
  Seen extends unknown[] = [],
> = T extends `${string}${Mark}${infer Rest}` ? Count<Rest, Mark, [...Seen, 1]> : Seen['length'];
