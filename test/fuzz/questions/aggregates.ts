import type { Random } from '../../simulation/random.ts';
import type { Column } from './column.ts';
import type { Coverage } from './coverage.ts';
import type { Expressions, Made } from './expressions.ts';
import type { Surroundings } from './surroundings.ts';

/** An aggregate expression; `inexact` if its last bits depend on the order of rows. */
export interface MadeAggregate extends Made {
  readonly inexact: boolean;
}

/** What aggregates are made of besides columns. */
export interface AggregatesOf {
  readonly scalars: Expressions;
  /** Only what merges from parts: one call of another kind, and whole groups must meet. Absent: perhaps. */
  readonly isMergeable?: boolean;
  readonly surroundings?: Surroundings | undefined;
}

/**
 * Aggregates whose answer the order of rows does not decide: no `first`, `list` or `mode` without an order. What has an
 * order has one that ties cannot change.
 */
export class Aggregates {
  readonly #random: Random;
  readonly #columns: readonly Column[];
  readonly #coverage: Coverage;
  readonly #scalars: Expressions;
  readonly #surroundings: Surroundings | undefined;
  readonly #isMergeable: boolean;

  constructor(
    random: Random,
    columns: readonly Column[],
    coverage: Coverage,
    { scalars, isMergeable, surroundings }: AggregatesOf,
  ) {
    this.#surroundings = surroundings;
    this.#random = random;
    this.#columns = columns.filter(({ inexact }) => !inexact);
    this.#coverage = coverage;
    this.#scalars = scalars;
    this.#isMergeable = isMergeable ?? random.chance(0.5);
  }

  /** A call, or an expression over several. */
  any(): MadeAggregate {
    if (this.#random.chance(0.8)) return this.call();
    const [a, b] = [this.#numeric(), this.#numeric()];
    const inexact = a.inexact || b.inexact;
    const sql = this.#random.pick([
      `${a.sql} ${this.#random.pick(['+', '-', '/'])} ${b.sql}`,
      `coalesce(${a.sql}, 0)`,
      `CASE WHEN count(*) > 2 THEN ${a.sql} ELSE ${b.sql} END`,
      `round(${a.sql}, 1) IS NULL`,
    ]);
    this.#coverage.count('aggregates', 'expression');
    return { sql, kind: 'other', wild: true, inexact };
  }

  call(): MadeAggregate {
    const own = this.#surroundings?.aggregate(
      () => this.#scalars.number(0),
      () => this.#scalars.text(1),
      () => this.#scalars.boolean(1),
    );
    if (own !== undefined) return { sql: `${own}${this.#filter()}`, kind: 'other', wild: true, inexact: true };
    const mergeable = [
      () => this.#numeric(),
      () => this.#numeric(),
      () => this.#numeric(),
      () => this.#extreme(),
      () => this.#extreme(),
      () => this.#counted(),
      () => this.#counted(),
      () => this.#logical(),
      () => this.#pairs(),
      () => this.#picked(),
    ];
    if (this.#isMergeable) return this.#random.pick(mergeable)();
    return this.#random.pick([...mergeable, () => this.#ordered(), () => this.#quantile(), () => this.#rare()])();
  }

  /** Sums and moments of tame numbers. */
  #numeric(): MadeAggregate {
    const moments = ['stddev', 'var_pop', 'variance', 'var_samp', 'stddev_pop'];
    const simple = ['sum', 'sum', 'avg', 'avg', 'count', 'mean', 'fsum'];
    const name = this.#random.pick([...simple, ...moments, 'favg', 'sem']);
    const distinct = this.#random.chance(0.2) ? 'DISTINCT ' : '';
    if (distinct !== '') this.#coverage.count('clauses', 'DISTINCT in an aggregate');
    // A variance of infinities is an error, unless a filter on the groups comes before it: who does that is the
    // optimizer's to say.
    const number = this.#scalars.number(1);
    const value = [...moments, 'sem'].includes(name) ? number.replace(/ (\/|%) 0\)/g, ' $1 4)') : number;
    const sql = `${this.#count(name)}(${distinct}${value})${this.#filter()}`;
    return { sql, kind: 'number', wild: true, inexact: name !== 'count' };
  }

  #extreme(): MadeAggregate {
    const value = this.#scalars.key();
    const name = this.#count(this.#random.pick(['min', 'max']));
    return {
      ...value,
      sql: `${name}(${this.#random.chance(0.1) ? 'DISTINCT ' : ''}${value.sql})${this.#filter()}`,
      wild: true,
      inexact: false,
    };
  }

  #counted(): MadeAggregate {
    const value = this.#scalars.key().sql;
    const mergeable = [
      () => `${this.#count('count')}(DISTINCT ${value})`,
      () => `${this.#count('count')}(*)`,
      () => `${this.#count('count')}(${value})`,
      () => `${this.#count('count_if')}(${this.#scalars.boolean(1)})`,
    ];
    const whole = [() => `${this.#count('approx_count_distinct')}(${value})`];
    const sql = this.#random.pick(this.#isMergeable ? mergeable : [...mergeable, ...whole])();
    return { sql: `${sql}${this.#filter()}`, kind: 'number', wild: false, inexact: false };
  }

  #logical(): MadeAggregate {
    if (this.#random.chance(0.5)) {
      const name = this.#count(this.#random.pick(['bool_and', 'bool_or']));
      return {
        sql: `${name}(${this.#scalars.boolean(1)})${this.#filter()}`,
        kind: 'boolean',
        wild: false,
        inexact: false,
      };
    }
    const name = this.#count(this.#random.pick(['bit_and', 'bit_or', 'bit_xor']));
    const sql = `${name}(CAST(${this.#scalars.number(0)} AS INTEGER))${this.#filter()}`;
    return { sql, kind: 'number', wild: true, inexact: false };
  }

  /** Of two numbers. */
  #pairs(): MadeAggregate {
    const names = [
      'covar_pop',
      'covar_samp',
      'regr_count',
      'regr_avgx',
      'regr_avgy',
      'regr_sxx',
      'regr_syy',
      'regr_sxy',
    ];
    const name = this.#count(this.#random.pick([...names, 'corr', 'regr_slope', 'regr_intercept', 'regr_r2']));
    const sql = `${name}(${this.#scalars.number(0)}, ${this.#scalars.number(0)})${this.#filter()}`;
    // A sum of products that is 0 is some 1e-7 where many large ones add up to it.
    const isSum = /^regr_s(xx|yy|xy)$/.test(name);
    return { sql: isSum ? `${sql} / count(*)` : sql, kind: 'number', wild: true, inexact: name !== 'regr_count' };
  }

  /** One row's value, or the n least: by something unique, or by the values themselves. */
  #picked(): MadeAggregate {
    const value = this.#scalars.key().sql;
    const unique = this.#columns.find((column) => column.unique)?.sql;
    const name = this.#random.pick(['min', 'max', 'arg_min', 'max_by', 'arg_max_null', 'first', 'last', 'any_value']);
    const isPlain = unique === undefined || name === 'min' || name === 'max';
    const call = isPlain ? (name === 'min' ? 'min' : 'max') : name;
    const direction = this.#random.pick(['', ' DESC', ' DESC NULLS FIRST', ' NULLS FIRST']);
    const isBy = call.startsWith('arg_') || call === 'max_by';
    const behind = isPlain
      ? `, ${this.#random.between(1, 4)}`
      : isBy
        ? `, ${unique}`
        : ` ORDER BY ${unique}${direction}`;
    return {
      sql: `${this.#count(call)}(${isPlain ? this.#scalars.number(0) : value}${behind})${this.#filter()}`,
      kind: 'other',
      wild: true,
      inexact: false,
    };
  }

  /** Values that tie are equal: their order cannot be told. */
  #ordered(): MadeAggregate {
    const value = this.#scalars.key().sql;
    const text = this.#scalars.text(1);
    const unique = this.#columns.find(({ unique }) => unique)?.sql;
    const direction = this.#random.pick(['', ' DESC', ' DESC NULLS FIRST']);
    const choices = [
      () => `${this.#count('list')}(${value} ORDER BY ${value}${direction})`,
      () => `${this.#count('string_agg')}(${text}, ',' ORDER BY ${text}${direction})`,
      () => `${this.#count('list')}(DISTINCT ${text} ORDER BY ${text}${direction})`,
    ];
    const byUnique = [
      () => `${this.#count('arg_min')}(${value}, ${unique})`,
      () => `${this.#count('arg_max')}(${value}, ${unique}, 2)`,
      () => `${this.#count('first')}(${value} ORDER BY ${unique}${direction})`,
      () => `${this.#count('last')}(${value} ORDER BY ${unique})`,
      () => `${this.#count('any_value')}(${value} ORDER BY ${unique})`,
    ];
    const sql = this.#random.pick(unique === undefined ? choices : [...choices, ...byUnique])();
    return { sql: `${sql}${this.#filter()}`, kind: 'other', wild: true, inexact: false };
  }

  #quantile(): MadeAggregate {
    const value = this.#scalars.number(1);
    const sql = this.#random.pick([
      () => `${this.#count('median')}(${value})`,
      () => `${this.#count('quantile_cont')}(${value}, 0.3)`,
      () => `${this.#count('quantile_disc')}(${value}, [0.1, 0.9])`,
      () => `${this.#count('percentile_cont')}(0.5) WITHIN GROUP (ORDER BY ${value})`,
      () => `${this.#count('mad')}(${value})`,
    ])();
    return { sql: `${sql}`, kind: 'other', wild: true, inexact: true };
  }

  #rare(): MadeAggregate {
    const value = this.#scalars.number(0);
    const other = this.#scalars.number(0);
    const text = this.#scalars.text(0);
    const sql = this.#random.pick([
      () => `${this.#count('histogram')}(${this.#scalars.text(0)})`,
      () => `${this.#count('max')}(${value}, 3)`,
      () => `${this.#count('covar_pop')}(${value}, ${other})`,
      () => `${this.#count('regr_count')}(${value}, ${other})`,
      () => `${this.#count('product')}(1 + ${value} / 1000)`,
      () => `${this.#count('entropy')}(${this.#scalars.text(0)})`,
      () => `${this.#count('sum')}(${this.#scalars.boolean(0)})`,
      () => `${this.#count('kahan_sum')}(${value})`,
      () => `${this.#count('sum_no_overflow')}(CAST(${value} AS INTEGER))`,
      () => `${this.#count('histogram_exact')}(${value}, [0, 1, 2])`,
      () => `${this.#count('array_agg')}(DISTINCT ${value} ORDER BY ${value} DESC)`,
      () => `${this.#count('listagg')}(${text}, '|' ORDER BY ${text})`,
      () => `${this.#count('count')}(DISTINCT (${value}, ${other}))`,
      () => `${this.#count('bitstring_agg')}(CAST(abs(${value}) AS INTEGER), 0, 2000)`,
    ])();
    return { sql, kind: 'other', wild: true, inexact: true };
  }

  #filter(): string {
    if (!this.#random.chance(0.2)) return '';
    this.#coverage.count('clauses', 'FILTER');
    return ` FILTER (WHERE ${this.#scalars.boolean(1)})`;
  }

  #count(name: string): string {
    return this.#coverage.count('aggregates', name);
  }
}
