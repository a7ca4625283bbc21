import type { SchemaSpec } from '../../shared/schema.ts';
import type { Aliased, SortKey } from '../expressions/expression.ts';
import type { Typed } from '../expressions/typed.ts';
import type { Offers, Resolve } from '../expressions/types.ts';

/**
 * How datasets' types follow their columns. An open schema (`SchemaSpec` itself) is one that the compiler does not
 * know.
 */

export type ColumnName<S extends SchemaSpec> = string extends keyof S ? string : keyof S & string;

type Simplify<T> = { readonly [Name in keyof T]: T[Name] };

/** An expression, or SQL text, over a dataset of schema `S`. */
export type ExpressionOver<S extends SchemaSpec> = string | Typed<unknown, Offers<S>>;

/** Columns by name: each an expression or SQL text. */
export type Columns<S extends SchemaSpec> = Readonly<Record<string, ExpressionOver<S>>>;

/** What `select` and `groupBy` take: a column's name, a named expression, or several columns by name. */
export type Selected<S extends SchemaSpec> = ColumnName<S> | Aliased<string, unknown, Offers<S>> | Columns<S>;

/** The schema of columns given by name. */
export type SchemaOfColumns<S extends SchemaSpec, C> = {
  readonly [Name in keyof C & string]: C[Name] extends Typed<infer Type> ? Resolve<Type, S> : 'unknown';
};

/** The schema of what `select` and `groupBy` take, in order. */
export type SchemaOfSelected<S extends SchemaSpec, Items extends readonly unknown[]> = Items extends readonly [
  infer First,
  ...infer Rest,
]
  ? SchemaOfOne<S, First> & SchemaOfSelected<S, Rest>
  : number extends Items['length']
    ? SchemaSpec
    : unknown;

type SchemaOfOne<S extends SchemaSpec, Item> = Item extends string
  ? { readonly [Name in Item]: Resolve<{ column: Name }, S> }
  : Item extends Aliased<infer Name, infer Type, never>
    ? { readonly [Column in Name]: Resolve<Type, S> }
    : SchemaOfColumns<S, Item>;

/** A mapped type as a schema, flattened so that editors show its columns. */
export type AsSchema<T> = Simplify<T> extends infer S extends SchemaSpec ? S : SchemaSpec;

/** `S` with the columns `C` added or replaced. */
export type Extended<S extends SchemaSpec, C> = string extends keyof S
  ? SchemaSpec
  : AsSchema<Omit<S, keyof C> & SchemaOfColumns<S, C>>;

type Direction = 'asc' | 'desc' | 'ASC' | 'DESC';
type Nulls = 'nulls first' | 'nulls last' | 'NULLS FIRST' | 'NULLS LAST';
type OrderText<Name extends string> = Name | `${Name} ${Direction}` | `${Name} ${Direction} ${Nulls}`;

/** What `orderBy` takes: `'flights desc'`, or an expression's `asc()` or `desc()`. */
export type OrderKey<S extends SchemaSpec> =
  | (string extends keyof S ? string : OrderText<keyof S & string>)
  | SortKey<Offers<S>>
  | Typed<unknown, Offers<S>>;

/** The schema of a join by columns of both sides' names (`Using`) or by a condition (`never`). */
export type Joined<L extends SchemaSpec, R extends SchemaSpec, Using extends string = never> = string extends
  | keyof L
  | keyof R
  ? SchemaSpec
  : AsSchema<L & Omit<R, Using>>;
