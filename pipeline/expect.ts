import type { Dataset } from '../client/dataset/dataset.ts';
import type { FunctionOptions } from '../client/dataset/row-functions.ts';
import type { ColumnName } from '../client/dataset/types.ts';
import { callSite } from '../client/functions/call-site.ts';
import { SqlFunction } from '../client/functions/sql-function.ts';
import { SheafError } from '../shared/errors.ts';
import type { SchemaSpec } from '../shared/schema.ts';
import { quotedName } from '../shared/sql/text.ts';
import { type Literal, quoteLiteral } from '../shared/sql/value.ts';
import type { RowOf } from '../shared/types/row.ts';
import { type Duration, durationMs } from './duration.ts';
import { type Rule, ruleOf } from './rules.ts';
import type { Source } from './source.ts';

/**
 * What good rows are. Rules about a row are checked where the row is; `unique` and `foreignKey` among all rows;
 * `rowCount`, `freshness` and `dataset` before anything is loaded. Unless a rule is about nulls, a null is good.
 */
export const expect = {
  /** The column has a value. */
  notNull: <C extends string>(column: C): Rule<C> =>
    ruleOf({
      name: `notNull(${column})`,
      kind: 'row',
      sql: `${quotedName(column)} IS NOT NULL`,
      columns: [],
      complaint: `${column} is null`,
    }),

  /** The value is at least `least` and at most `greatest`. */
  between: <C extends string>(column: C, least: Literal, greatest: Literal): Rule<C> => {
    const [low, high] = [quoteLiteral(least), quoteLiteral(greatest)];
    return rowRule(
      'between',
      column,
      `${quotedName(column)} BETWEEN ${low} AND ${high}`,
      `is not between ${low} and ${high}`,
    );
  },

  /** The value is one of these. */
  inSet: <C extends string>(column: C, values: readonly Literal[]): Rule<C> => {
    if (values.length === 0) throw invalid(`inSet(${column}) allows no value`, 'Name the values that are good.');
    const list = values.map(quoteLiteral).join(', ');
    return rowRule('inSet', column, `${quotedName(column)} IN (${list})`, `is not in (${list})`);
  },

  /** The whole text matches a regular expression (RE2's syntax, which DuckDB uses). */
  matches: <C extends string>(column: C, pattern: RegExp | string): Rule<C> => {
    const text = quoteLiteral(typeof pattern === 'string' ? pattern : pattern.source);
    const flags = typeof pattern !== 'string' && pattern.ignoreCase ? `, 'i'` : '';
    return rowRule(
      'matches',
      column,
      `regexp_full_match(${quotedName(column)}::VARCHAR, ${text}${flags})`,
      `does not match ${text}`,
    );
  },

  /** A custom condition on a row, in SQL. */
  row: (name: string, condition: string): Rule<never> =>
    ruleOf({ name, kind: 'row', sql: condition, columns: [], complaint: `"${condition}" is false` }),

  /**
   * A custom check of a row, in TypeScript: it runs on the workers, with the columns that it names. What it needs
   * of its module goes along, but for `packages`, of which each worker has its own. False rejects the row; true and
   * null do not.
   *
   * @example
   * `expect.check('plausible', { bytes: 'bigint', status: 'integer' }, ({ bytes, status }) => status !== 304 || bytes === null)`
   */
  check,

  /** No two rows have the same key: the first one stays, the others are rejected. */
  unique: <C extends string>(...columns: readonly [C, ...C[]]): Rule<C> =>
    ruleOf({ name: `unique(${columns.join(', ')})`, kind: 'unique', columns }),

  /** The key is among the rows of another dataset or source. */
  foreignKey: <C extends string, S extends SchemaSpec>(
    columns: C | readonly [C, ...C[]],
    target: Dataset<S> | Source<S>,
    references: ColumnName<S> | readonly ColumnName<S>[],
  ): Rule<C> => {
    const [own, others] = [[columns].flat() as string[], [references].flat() as string[]];
    if (own.length !== others.length) {
      throw invalid(`foreignKey(${own.join(', ')}) refers to ${others.length} columns`, 'Name as many on both sides.');
    }
    const name = `foreignKey(${own.join(', ')})`;
    return ruleOf({ name, kind: 'foreignKey', columns: own, references: others, target: target as Dataset | Source });
  },

  /** How many rows are to be loaded. */
  rowCount: ({ min, max }: { readonly min?: number; readonly max?: number }): Rule<never> =>
    ruleOf({
      name: 'rowCount',
      kind: 'rowCount',
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
    }),

  /** The newest value of a timestamp column is at most so old when the run starts. */
  freshness: <C extends string>(column: C, maxAge: Duration): Rule<C> =>
    ruleOf({ name: `freshness(${column})`, kind: 'freshness', column, maxAgeMs: durationMs(maxAge) }),

  /**
   * A custom condition on all good rows together: an aggregate.
   *
   * @example `expect.dataset('mostly ok', 'avg((status < 400)::int) > 0.9')`
   */
  dataset: (name: string, condition: string): Rule<never> => ruleOf({ name, kind: 'dataset', sql: condition }),
} as const;

function check<const Args extends SchemaSpec>(
  name: string,
  args: Args,
  call: (row: RowOf<Args>) => boolean | null | Promise<boolean | null>,
  { packages }: Pick<FunctionOptions, 'packages'> = {},
): Rule<keyof Args & string> {
  const local = { call, site: { ...callSite('check', check), argument: 2 }, mode: 'fn', packages } as const;
  const checked = new SqlFunction('rule_check', 'rows', local, { args, returns: 'boolean' });
  return ruleOf({ name, kind: 'function', function: checked });
}

const rowRule = <C extends string>(kind: string, column: C, sql: string, complaint: string): Rule<C> =>
  ruleOf({ name: `${kind}(${column})`, kind: 'row', sql, columns: [column], complaint });

const invalid = (message: string, next: string): SheafError => new SheafError('PIPELINE_INVALID', message, { next });
