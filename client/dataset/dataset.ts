import type { RecordBatch } from 'apache-arrow';
import { SheafError } from '../../shared/errors.ts';
import type { AsofType, JoinType } from '../../shared/plan/nodes/join.ts';
import type { SchemaSpec } from '../../shared/schema.ts';
import type { CallMode } from '../../shared/stage/function-step.ts';
import type { ResultRowOf, RowOf } from '../../shared/types/row.ts';
import { quoteName } from '../expressions/identifier.ts';
import type { Typed } from '../expressions/typed.ts';
import type { Condition, Offers } from '../expressions/types.ts';
import { callSite } from '../functions/call-site.ts';
import type { Session } from '../session/session.ts';
import { Actions, type Relation } from './actions.ts';
import { namedColumns, selectedColumns, sortKeySql } from './columns.ts';
import { type Draft, over } from './draft.ts';
import { type Grouped, groupOf } from './grouped.ts';
import { type JoinOn, joinDraft, type UsingOf } from './join.ts';
import type { LocalFunction } from './local-function.ts';
import { type BatchResult, callDraft, type FunctionOptions, type MapOptions } from './row-functions.ts';
import type {
  AsSchema,
  ColumnName,
  Columns,
  Extended,
  Joined,
  OrderKey,
  SchemaOfColumns,
  SchemaOfSelected,
  Selected,
} from './types.ts';
import { type AnyWindow, type WindowColumns, type Windowed, type WindowOptions, windowColumns } from './window.ts';

/**
 * Rows that are described, not computed: immutable, lazy, and of schema `S` as far as the compiler knows it. Methods
 * describe further; the actions ({@link Actions}) run what is described on the cluster.
 *
 * SQL text is DuckDB's. Names of columns are quoted wherever a name is asked for.
 */
export class Dataset<S extends SchemaSpec = SchemaSpec> extends Actions<S> {
  readonly #names: readonly string[] | undefined;

  /** Made by `cluster.read`, `cluster.from` and `cluster.sql`. */
  constructor(session: Session, draft: Draft, names?: readonly string[]) {
    super(session, draft);
    this.#names = names;
  }

  /**
   * Keeps the rows for which a condition is true: SQL text, an expression, or a function over typed rows, which runs
   * on the workers (what it imports goes along: see `mapBatches`).
   *
   * @example `flights.filter('delay > 15')`, `flights.filter(col('delay').gt(15))`,
   * `flights.filter((row) => isLate(row))`
   */
  filter<const Params = undefined>(
    condition:
      | string
      | Typed<Condition<S>, Offers<S>>
      | ((row: RowOf<S>, params: Params) => boolean | Promise<boolean>),
    options: FunctionOptions<Params> = {},
  ): Dataset<S> {
    if (typeof condition === 'function') return this.#call('filter', condition, options, this.#names);
    const predicate = typeof condition === 'string' ? condition : condition.sql;
    return this.#over((input) => ({ kind: 'filter', input, predicate }), this.#names);
  }

  /**
   * Exactly these columns: names, named expressions, or objects of expressions or SQL text by name.
   *
   * @example `flights.select('origin', col('delay').divide(60).as('hours'), { day: 'date_trunc(\'day\', departure)' })`
   */
  select<const Items extends readonly Selected<S>[]>(...items: Items): Dataset<AsSchema<SchemaOfSelected<S, Items>>> {
    const columns = selectedColumns(items as readonly Selected<SchemaSpec>[]);
    return this.#over((input) => ({ kind: 'project', input, columns }), columns.map(nameOf));
  }

  /**
   * The columns with these added, or replaced where the name exists.
   *
   * @example `flights.withColumns({ late: col('delay').gt(15), hour: 'hour(departure)' })`
   */
  withColumns<const C extends Columns<S>>(columns: C): Dataset<Extended<S, C>> {
    const added = namedColumns(columns as Columns<SchemaSpec>);
    const names = this.#names && [...new Set([...this.#names, ...added.map(nameOf)])];
    return this.#over((input) => ({ kind: 'extend', input, columns: added }), names);
  }

  /**
   * Runs a function over Arrow record batches on the workers. It gets each batch (of any size) as an `apache-arrow`
   * `RecordBatch` and yields a `RecordBatch` or an array of rows, of the given schema. What it needs of its module
   * (imports, functions, constants) goes along; variables of a function around it cannot: pass those as `params`.
   *
   * @example
   * `flights.mapBatches((batch) => partOfDay(batch), { schema: { origin: 'varchar', part_of_day: 'varchar' } })`
   * @throws SheafError `FUNCTION_CAPTURE` when an action runs, naming the variable
   */
  mapBatches<const T extends SchemaSpec, const Params = undefined>(
    fn: (batch: RecordBatch, params: Params) => BatchResult<T> | Promise<BatchResult<T>>,
    options: MapOptions<T, Params>,
  ): Dataset<T> {
    return this.#call('mapBatches', fn, options, Object.keys(options.schema));
  }

  /**
   * Makes each row into another with a function on the workers.
   *
   * @example `flights.map((row) => ({ route: `${row.origin}-${row.destination}` }), { schema: { route: 'varchar' } })`
   */
  map<const T extends SchemaSpec, const Params = undefined>(
    fn: (row: RowOf<S>, params: Params) => ResultRowOf<T> | Promise<ResultRowOf<T>>,
    options: MapOptions<T, Params>,
  ): Dataset<T> {
    return this.#call('map', fn, options, Object.keys(options.schema));
  }

  /**
   * Makes each row into any number of rows with a function on the workers.
   *
   * @example `pages.flatMap((row) => wordsOf(row), { schema: { word: 'varchar' } })`
   */
  flatMap<const T extends SchemaSpec, const Params = undefined>(
    fn: (row: RowOf<S>, params: Params) => Iterable<ResultRowOf<T>> | Promise<Iterable<ResultRowOf<T>>>,
    options: MapOptions<T, Params>,
  ): Dataset<T> {
    return this.#call('flatMap', fn, options, Object.keys(options.schema));
  }

  /**
   * Groups rows by columns or expressions; `agg` says what to compute of each group.
   *
   * @example
   * `flights.groupBy('origin', { hour: 'hour(departure)' }).agg({ flights: count(), mean: avg(col('delay')) })`
   */
  groupBy<const Items extends readonly Selected<S>[]>(...keys: Items): Grouped<S, SchemaOfSelected<S, Items>> {
    return groupOf(selectedColumns(keys as readonly Selected<SchemaSpec>[]), (build, names) =>
      this.#over(build, names),
    );
  }

  /**
   * Aggregates over all rows: one row.
   *
   * @example `flights.agg({ flights: count(), worst: max(col('delay')), share: 'avg((delay > 15)::int)' })`
   */
  agg<const C extends Columns<S>>(aggregates: C): Dataset<AsSchema<SchemaOfColumns<S, C>>> {
    return this.groupBy().agg(aggregates) as Dataset<AsSchema<SchemaOfColumns<S, C>>>;
  }

  /**
   * Matches rows with those of another dataset. Columns joined by the same name occur once; other columns that both
   * sides have must be renamed before. `left`, `right` and `full` keep rows without a match, with nulls. `semi` keeps
   * the rows of this dataset that have a match, `anti` those that have none, both without the other's columns.
   *
   * @example `flights.join(airports, { on: { origin: 'iata' } })`
   */
  join<R extends SchemaSpec, const On extends JoinOn<S, R>, const T extends Exclude<JoinType, AsofType> = 'inner'>(
    other: Dataset<R>,
    options: { readonly on: On; readonly type?: T },
  ): Dataset<T extends 'semi' | 'anti' ? S : Joined<S, R, UsingOf<On>>> {
    const type: JoinType = options.type ?? 'inner';
    const isHalf = type === 'semi' || type === 'anti';
    const draft = joinDraft(this.draft, other.draft, type, options.on as JoinOn<SchemaSpec, SchemaSpec>);
    const names = isHalf ? this.#names : this.#names && other.#names && [...new Set([...this.#names, ...other.#names])];
    return new Dataset(this.session, draft, names);
  }

  /**
   * Adds columns that are computed of the rows around each row: numbers and ranks, the values before and behind,
   * aggregates over a frame.
   *
   * @example
   * ```ts
   * flights.window({
   *   partitionBy: 'origin',
   *   orderBy: 'delay desc',
   *   columns: { nth: rowNumber(), before: lag(col('delay')), total: sum(col('delay')) },
   * })
   * ```
   */
  window<const C extends WindowColumns<S>>(options: WindowOptions<S, C>): Dataset<Windowed<S, C>> {
    const columns = windowColumns(options as unknown as AnyWindow, this.#names);
    return this.#over(
      (input) => ({ kind: 'window', input, columns }),
      this.#names && [...this.#names, ...columns.map(nameOf)],
    );
  }

  /**
   * Orders all rows. Text is a column's name with `desc` and `nulls first` if wanted; nulls come last by default.
   *
   * @example `routes.orderBy('flights desc', 'origin')`, `routes.orderBy(col('flights').desc().nullsFirst())`
   */
  orderBy(...keys: readonly [OrderKey<S>, ...OrderKey<S>[]]): Dataset<S> {
    const sorted = keys.map((key) => sortKeySql(key, this.#names));
    return this.#over((input) => ({ kind: 'sort', input, keys: sorted }), this.#names);
  }

  /**
   * The first rows, after leaving out `offset`. Without an order before it, any rows.
   *
   * @throws SheafError `PLAN_INVALID` for numbers that are not whole or below 0
   */
  limit(rows: number, offset = 0): Dataset<S> {
    for (const given of [rows, offset]) requireWhole(given, 0, 'limit');
    return this.#over((input) => ({ kind: 'limit', input, limit: rows, offset }), this.#names);
  }

  /** One of each set of equal rows. */
  distinct(): Dataset<S> {
    return this.#over((input) => ({ kind: 'distinct', input }), this.#names);
  }

  /** All rows of this and the others (UNION ALL): columns are matched by position and must be of like types. */
  union(...others: readonly (string extends keyof S ? Relation : Relation<S>)[]): Dataset<S> {
    const drafts = [this, ...(others as readonly unknown[] as readonly Dataset[])].map(({ draft }) => draft);
    const draft: Draft = async (resolver) => {
      const inputs = await Promise.all(drafts.map((input) => input(resolver)));
      return { kind: 'union', inputs };
    };
    return new Dataset(this.session, draft, this.#names);
  }

  /**
   * Spreads rows anew over so many partitions, and with that over tasks: by the hash of the keys, or in turn without.
   *
   * @example `logs.repartition(64).mapBatches(parse, { schema })`
   */
  repartition(partitions: number, ...keys: readonly ColumnName<S>[]): Dataset<S> {
    requireWhole(partitions, 1, 'repartition');
    const quoted = keys.map(quoteName);
    return this.#over((input) => ({ kind: 'repartition', input, partitions, keys: quoted }), this.#names);
  }

  #over<T extends SchemaSpec>(build: Parameters<typeof over>[1], names: readonly string[] | undefined): Dataset<T> {
    return new Dataset<T>(this.session, over(this.draft, build), names);
  }

  #call<T extends SchemaSpec>(
    mode: CallMode,
    call: LocalFunction['call'],
    options: FunctionOptions<unknown> & { readonly schema?: SchemaSpec },
    names: readonly string[] | undefined,
  ): Dataset<T> {
    const { params, packages } = options;
    const local: LocalFunction = { call, site: callSite(mode), mode, params, packages };
    return new Dataset<T>(this.session, callDraft(this.draft, local, mode, options), names);
  }
}

const nameOf = ({ name }: { readonly name: string }): string => name;

function requireWhole(value: number, least: number, method: string): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new SheafError('PLAN_INVALID', `${method}(${value}) does not take this number`, {
    next: `Give a whole number of at least ${least}.`,
  });
}
