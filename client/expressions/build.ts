import { type Literal, quoteLiteral } from '../../shared/sql/value.ts';
import { Expression, operandSql } from './expression.ts';
import type { Typed } from './typed.ts';
import type { Term } from './types.ts';

type LiteralTerm<V> = V extends string
  ? 'varchar'
  : V extends number | bigint
    ? 'number'
    : V extends boolean
      ? 'boolean'
      : V extends Date
        ? 'timestamp'
        : V extends Uint8Array
          ? 'blob'
          : 'unknown';

/**
 * A constant. Values given to operators need no `lit`.
 *
 * @example `flights.withColumns({ source: lit('faa') })`
 */
export const lit = <V extends Literal>(value: V): Expression<LiteralTerm<V>, unknown> =>
  new Expression(quoteLiteral(value));

/** The needs of all of several values together. */
type AllNeeds<Values extends readonly unknown[]> = Values extends readonly [infer First, ...infer Rest]
  ? (First extends Typed<unknown, infer Needs> ? Needs : unknown) & AllNeeds<Rest>
  : unknown;

/**
 * SQL text as an expression: the way to any function of DuckDB. Expressions put into it keep their SQL, all other
 * values become quoted literals, so they have no effect as SQL. Its columns are not checked. Without a type its
 * column's type is unknown to the compiler.
 *
 * @example ``col('origin').eq(sql`upper(${name})`)`` or, typed, ``sql<'bigint'>`hour(${col('departure')})` ``
 */
export function sql<Type extends string = 'unknown'>(
  strings: TemplateStringsArray,
  ...values: readonly (Literal | Typed<Term, never>)[]
): Expression<Type, unknown> {
  return new Expression(`(${joinTemplate(strings, values)})`);
}

/** The text of a template whose values are quoted. */
const joinTemplate = (strings: TemplateStringsArray, values: readonly (Literal | Typed)[]): string =>
  strings.reduce((text, piece, index) => text + operandSql(values[index - 1] ?? null) + piece);

/** The first of the values that is not null. */
export const coalesce = <Type extends Term, Needs, Rest extends readonly (NonNullable<Literal> | Typed<Term, never>)[]>(
  first: Expression<Type, Needs>,
  ...rest: Rest
): Expression<Type, Needs & AllNeeds<Rest>> =>
  new Expression(`coalesce(${[first, ...rest].map(operandSql).join(', ')})`);

/**
 * Chooses a value by conditions, tried in order (SQL's CASE).
 *
 * @example `when(col('delay').gt(15), 'late').when(col('delay').gt(0), 'soon').otherwise('early')`
 */
export const when = <N, V extends Literal | Typed<Term, never>>(
  condition: Typed<Term, N>,
  value: V,
): Case<TermOf<V>, N & AllNeeds<[V]>> => new Case(`CASE WHEN ${condition.sql} THEN ${operandSql(value)}`);

type TermOf<V> = V extends Typed<infer Type> ? Type : LiteralTerm<V>;

/** A CASE under construction: add conditions with `when`, end it with `otherwise`. */
export class Case<Type, Needs> {
  readonly #sql: string;
  declare readonly needs: (columns: Needs) => void;

  constructor(text: string) {
    this.#sql = text;
  }

  /** A further condition and its value. */
  when<N, V extends Literal | Typed<Term, never>>(
    condition: Typed<Term, N>,
    value: V,
  ): Case<Type | TermOf<V>, Needs & N & AllNeeds<[V]>> {
    return new Case(`${this.#sql} WHEN ${condition.sql} THEN ${operandSql(value)}`);
  }

  /** The value where no condition holds: null unless given. */
  otherwise<V extends Literal | Typed<Term, never> = null>(
    ...value: [V?]
  ): Expression<CaseTerm<Type | (V extends null ? never : TermOf<V>)>, Needs & AllNeeds<[V]>> {
    return new Expression(`(${this.#sql} ELSE ${operandSql(value[0] ?? null)} END)`);
  }
}

type CaseTerm<Type> = Type extends Term ? (IsOne<Type> extends true ? Type : 'unknown') : 'unknown';
type IsOne<Type, All = Type> = Type extends unknown ? ([All] extends [Type] ? true : false) : never;
