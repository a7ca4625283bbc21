import type { RecordBatch } from 'apache-arrow';
import { SheafError } from '../../shared/errors.ts';
import type { SqlFunction as PlanFunction } from '../../shared/plan/nodes/sql.ts';
import { type SchemaSpec, toSchema } from '../../shared/schema.ts';
import { tokenize } from '../../shared/sql/tokens.ts';
import type { ResultRowOf, RowOf } from '../../shared/types/row.ts';
import type { Resolver } from '../dataset/draft.ts';
import type { LocalFunction } from '../dataset/local-function.ts';

/** What every function that SQL calls declares. */
export interface SqlFunctionOptions<Args extends SchemaSpec, Returns extends string, Params> {
  /** Its arguments in the order of SQL, by the names that the function has for them, with DuckDB's types. */
  readonly args: Args;
  /** DuckDB's type of its value. */
  readonly returns: Returns;
  /** Passed to the function as its second argument: plain JSON. */
  readonly params?: Params;
  /** False if another call with the same arguments may yield another value. Default true. */
  readonly deterministic?: boolean;
  /**
   * npm packages that do not go along, for native code: each worker imports the one that is installed where it runs.
   */
  readonly packages?: readonly string[];
}

/** A value of DuckDB's type as a function returns it. */
export type ResultValue<Type extends string> = ResultRowOf<{ readonly value: Type }>['value'];

/** A value for each row. */
export type RowValue<Args extends SchemaSpec, Returns extends string, Params> = (
  row: RowOf<Args>,
  params: Params,
) => ResultValue<Returns> | Promise<ResultValue<Returns>>;

/** Values for a record batch of the arguments: as many as it has rows. */
export type BatchValues<Returns extends string, Params> = (
  batch: RecordBatch,
  params: Params,
) => Iterable<ResultValue<Returns>> | Promise<Iterable<ResultValue<Returns>>>;

/**
 * How an aggregate function computes. Each task begins a state for each of its groups and adds its rows; states of the
 * same group meet, and the last one makes the value. A state is plain JSON.
 */
export interface AggregateDefinition<State, Args extends SchemaSpec, Returns extends string> {
  /** The state of no rows. */
  init(): State;
  /** The state with one more row: a new one, or the given one, changed. */
  accumulate(state: State, row: RowOf<Args>): State;
  /** The state of the rows of both, whichever came first. */
  merge(state: State, other: State): State;
  finish(state: State): ResultValue<Returns>;
}

/** A TypeScript function that SQL calls by its name, and a template by `${function}(…)`. */
export class SqlFunction {
  readonly name: string;
  /** @internal */
  readonly local: LocalFunction;
  readonly #declared: Omit<PlanFunction, 'name' | 'function'>;

  /** Made by `cluster.fn` and `cluster.aggregate`. */
  constructor(
    name: string,
    kind: PlanFunction['kind'],
    local: LocalFunction,
    { args, returns, deterministic = true }: SqlFunctionOptions<SchemaSpec, string, unknown>,
  ) {
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      throw new SheafError('PLAN_INVALID', `A function cannot be called "${name}"`, {
        next: 'Use letters, digits and _, a letter first: part_of_day.',
      });
    }
    this.name = name;
    this.local = local;
    this.#declared = { kind, args: toSchema(args), returns, deterministic };
  }

  /** The function as it is sent with the SQL that calls it. */
  async plan(resolver: Pick<Resolver, 'bundleFunction'>): Promise<PlanFunction> {
    const bundled = await resolver.bundleFunction(this.local);
    const name = bundled.name.replace(/^the \w+ function/, this.name);
    return { name: this.name, ...this.#declared, function: { ...bundled, name } };
  }
}

/** The functions that a text may call: those whose names it holds as words. */
export function mentionedFunctions(text: string, functions: ReadonlyMap<string, SqlFunction>): readonly SqlFunction[] {
  if (functions.size === 0) return [];
  const words = tokenize(text).filter(({ kind }) => kind === 'word' || kind === 'name');
  const names = new Set(words.map(({ sql }) => sql.replaceAll('"', '').toLowerCase()));
  return [...functions].flatMap(([name, each]) => (names.has(name) ? [each] : []));
}
