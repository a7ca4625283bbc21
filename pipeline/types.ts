import type { Relation } from '../client/dataset/actions.ts';
import type { Dataset } from '../client/dataset/dataset.ts';
import type { ColumnName } from '../client/dataset/types.ts';
import type { RowValue, SqlFunction, SqlFunctionOptions } from '../client/functions/sql-function.ts';
import type { SchemaSpec } from '../shared/schema.ts';
import type { Literal } from '../shared/sql/value.ts';
import type { ParamRef } from './references.ts';
import type { Rule } from './rules.ts';
import type { Sink } from './sink.ts';
import type { Source } from './source.ts';

/** How the parts of a pipeline's definition follow from each other. */

/** One source, or several by name. */
export type Extract = Source | Readonly<Record<string, Source>>;

type SchemaOfSource<T> = T extends Source<infer S> ? S : SchemaSpec;

/** What `transform` may read: the only source as `extract`, or each by its name. */
export type Inputs<E extends Extract> = E extends Source
  ? { readonly extract: Dataset<SchemaOfSource<E>> }
  : { readonly [Name in keyof E]: Dataset<SchemaOfSource<E[Name]>> };

/** What `transform` makes: the rows to load, or several relations by name. */
export type Transformed = Relation | Readonly<Record<string, Relation>>;

/** What is loaded if nothing is transformed. */
export type Untransformed<E extends Extract> = E extends Source
  ? Dataset<SchemaOfSource<E>>
  : { readonly [Name in keyof E]: Dataset<SchemaOfSource<E[Name]>> };

type ColumnsOf<T> = T extends Relation<infer S> ? ColumnName<S> : string;

/** A sink for each relation that is to be loaded. */
export type Loads<T extends Transformed> = T extends Relation
  ? Sink<ColumnsOf<T>>
  : { readonly [Name in keyof T]?: Sink<ColumnsOf<T[Name]>> };

/** Rules for the relations. */
export type Validations<T extends Transformed> = T extends Relation
  ? readonly Rule<ColumnsOf<T>>[]
  : { readonly [Name in keyof T]?: readonly Rule<ColumnsOf<T[Name]>>[] };

/**
 * SQL over sources and steps, which a template names by value: `sql\`select host from ${logs} where day =
 * ${params.day}\``.
 */
export type StepSql = <const S extends SchemaSpec = SchemaSpec>(
  text: TemplateStringsArray,
  ...values: readonly (Relation | ParamRef | SqlFunction | Literal)[]
) => Dataset<S>;

/**
 * A TypeScript function for SQL, which a template calls by its value: ``sql`select ${domain}(email) from ${people}` ``.
 */
export type StepFunction = <const Args extends SchemaSpec, const Returns extends string, const Params = undefined>(
  name: string,
  call: RowValue<Args, Returns, Params>,
  options: SqlFunctionOptions<Args, Returns, Params>,
) => SqlFunction;

/** What `transform` is given beside its inputs. */
export interface TransformTools<P extends string = string> {
  readonly sql: StepSql;
  readonly fn: StepFunction;
  /** The pipeline's parameters, and those of every run. */
  readonly params: Readonly<Record<P | RunParam, ParamRef>>;
}

/** Values that every run has. */
export type RunParam = 'run_id' | 'run_time' | 'interval_start' | 'interval_end';
