import { type Literal, quoteLiteral } from '../../shared/sql/value.ts';
import { quoteName } from './identifier.ts';
import type {
  Arithmetic,
  Be,
  Demand,
  NumberDemand,
  NumberOperand,
  needsKey,
  Operand,
  Typed,
  typeKey,
} from './typed.ts';
import type { ColumnTerm, Family, Term } from './types.ts';

/**
 * A scalar or aggregate expression, built from {@link col}, {@link lit}, {@link sql}, {@link when} and the aggregate
 * functions. Immutable; compiles to SQL text. Null follows SQL: a comparison with null is null.
 *
 * @example
 * ```ts
 * flights.filter(col('delay').gt(15).and(col('origin').in(['BOS', 'JFK'])))
 * ```
 */
export class Expression<Type extends Term = Term, Needs = never> implements Typed<Type, Needs> {
  declare readonly [typeKey]: Type;
  declare readonly [needsKey]: (columns: Needs) => void;
  readonly sql: string;

  /** Use {@link sql} instead. */
  constructor(text: string) {
    this.sql = text;
  }

  /** Equal (`=`). */
  eq<V extends Operand<Type>>(value: V): Expression<'boolean', Needs & Demand<Type, V>> {
    return this.#infix('=', value);
  }

  /** Not equal (`<>`). */
  ne<V extends Operand<Type>>(value: V): Expression<'boolean', Needs & Demand<Type, V>> {
    return this.#infix('<>', value);
  }

  /** Greater than. */
  gt<V extends Operand<Type>>(value: V): Expression<'boolean', Needs & Demand<Type, V>> {
    return this.#infix('>', value);
  }

  /** Greater than or equal. */
  gte<V extends Operand<Type>>(value: V): Expression<'boolean', Needs & Demand<Type, V>> {
    return this.#infix('>=', value);
  }

  /** Less than. */
  lt<V extends Operand<Type>>(value: V): Expression<'boolean', Needs & Demand<Type, V>> {
    return this.#infix('<', value);
  }

  /** Less than or equal. */
  lte<V extends Operand<Type>>(value: V): Expression<'boolean', Needs & Demand<Type, V>> {
    return this.#infix('<=', value);
  }

  /** From `low` to `high`, both included. */
  between<L extends Operand<Type>, H extends Operand<Type>>(
    low: L,
    high: H,
  ): Expression<'boolean', Needs & Demand<Type, L> & Demand<Type, H>> {
    return new Expression(`(${this.sql} BETWEEN ${operandSql(low)} AND ${operandSql(high)})`);
  }

  /** Equal to one of the values. False for an empty list. */
  in<V extends Operand<Type>>(values: readonly V[]): Expression<'boolean', Needs & Demand<Type, V>> {
    if (values.length === 0) return new Expression('false');
    return new Expression(`(${this.sql} IN (${values.map(operandSql).join(', ')}))`);
  }

  /** Is null. */
  isNull(): Expression<'boolean', Needs> {
    return new Expression(`(${this.sql} IS NULL)`);
  }

  /** Is not null. */
  isNotNull(): Expression<'boolean', Needs> {
    return new Expression(`(${this.sql} IS NOT NULL)`);
  }

  /** Matches a SQL pattern, in which `%` stands for any text and `_` for one character. */
  like(pattern: string): Expression<'boolean', Needs & Be<Type, 'text'>> {
    return this.#infix('LIKE', pattern);
  }

  /** As `like`, without regard to case. */
  ilike(pattern: string): Expression<'boolean', Needs & Be<Type, 'text'>> {
    return this.#infix('ILIKE', pattern);
  }

  /** True if both are. */
  and<N>(other: Typed<Term, N>): Expression<'boolean', Needs & N & Be<Type, 'boolean'>> {
    return this.#infix('AND', other);
  }

  /** True if either is. */
  or<N>(other: Typed<Term, N>): Expression<'boolean', Needs & N & Be<Type, 'boolean'>> {
    return this.#infix('OR', other);
  }

  /** The opposite of a condition; null stays null. */
  not(): Expression<'boolean', Needs & Be<Type, 'boolean'>> {
    return new Expression(`(NOT ${this.sql})`);
  }

  /** Sum of two numbers. */
  add<V extends NumberOperand>(value: V): Expression<Arithmetic<Type>, Needs & NumberDemand<Type, V>> {
    return this.#infix('+', value);
  }

  /** Difference of two numbers. */
  subtract<V extends NumberOperand>(value: V): Expression<Arithmetic<Type>, Needs & NumberDemand<Type, V>> {
    return this.#infix('-', value);
  }

  /** Product of two numbers. */
  multiply<V extends NumberOperand>(value: V): Expression<Arithmetic<Type>, Needs & NumberDemand<Type, V>> {
    return this.#infix('*', value);
  }

  /** Quotient, a DOUBLE also for whole numbers; null where the divisor is 0. */
  divide<V extends NumberOperand>(value: V): Expression<'double', Needs & NumberDemand<Type, V>> {
    return this.#infix('/', value);
  }

  /** Remainder of a division. */
  modulo<V extends NumberOperand>(value: V): Expression<Arithmetic<Type>, Needs & NumberDemand<Type, V>> {
    return this.#infix('%', value);
  }

  /**
   * Converted to another type of DuckDB, for example `col('delay').cast('double')`. A value that does not fit fails the
   * job.
   */
  cast<const To extends string>(type: To): Expression<To, Needs> {
    return new Expression(`CAST(${this.sql} AS ${type})`);
  }

  /** Gives the column a name: `select(col('delay').divide(60).as('hours'))`. */
  as<const Name extends string>(name: Name): Aliased<Name, Type, Needs> {
    return new Aliased(name, this.sql);
  }

  /** For `orderBy`: smallest first. */
  asc(): SortKey<Needs> {
    return new SortKey(`${this.sql} ASC`);
  }

  /** For `orderBy`: largest first. */
  desc(): SortKey<Needs> {
    return new SortKey(`${this.sql} DESC`);
  }

  #infix<T extends Term, N>(operator: string, value: Literal | Typed): Expression<T, N> {
    return new Expression(`(${this.sql} ${operator} ${operandSql(value)})`);
  }
}

/** An expression with the name of the column that it yields. */
export class Aliased<Name extends string = string, Type = Term, Needs = never> implements Typed<Type, Needs> {
  declare readonly [typeKey]: Type;
  declare readonly [needsKey]: (columns: Needs) => void;
  readonly name: Name;
  readonly sql: string;

  constructor(name: Name, sql: string) {
    this.name = name;
    this.sql = sql;
  }
}

/** An expression to sort by, with its direction. */
export class SortKey<Needs = never> {
  declare readonly [needsKey]: (columns: Needs) => void;
  readonly sql: string;

  constructor(sql: string) {
    this.sql = sql;
  }

  /** Nulls before all values. Without this or `nullsLast`, nulls come last. */
  nullsFirst(): SortKey<Needs> {
    return new SortKey(`${this.sql} NULLS FIRST`);
  }

  /** Nulls after all values. */
  nullsLast(): SortKey<Needs> {
    return new SortKey(`${this.sql} NULLS LAST`);
  }
}

/** An operand's SQL: an expression's own, a value's literal. */
export const operandSql = (value: Literal | Typed): string =>
  isTyped(value) ? value.sql : quoteLiteral(value as Literal);

/** Whether an operand is an expression; anything else is a value. */
export const isTyped = (value: unknown): value is Typed => value instanceof Expression || value instanceof Aliased;

/**
 * The column of this name, whatever characters are in it.
 *
 * @example `col('delay').gt(15)`
 */
export const col = <const Name extends string>(
  name: Name,
): Expression<ColumnTerm<Name>, { readonly [Column in Name]: Family }> => new Expression(quoteName(name));
