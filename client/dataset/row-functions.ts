import type { RecordBatch } from 'apache-arrow';
import { type SchemaSpec, toSchema } from '../../shared/schema.ts';
import type { CallMode } from '../../shared/stage/function-step.ts';
import type { ResultRowOf } from '../../shared/types/row.ts';
import type { Draft } from './draft.ts';
import type { LocalFunction } from './local-function.ts';

/** Options of functions over rows or batches. */
export interface FunctionOptions<Params = undefined> {
  /** Passed to the function as its second argument: plain JSON. The way for values that the function cannot import. */
  readonly params?: Params;
  /** False if another run over the same rows may yield others (it asks a clock, a service, chance). Default true. */
  readonly deterministic?: boolean;
  /**
   * npm packages that do not go along, for native code: each worker imports the one that is installed where it runs.
   */
  readonly packages?: readonly string[];
}

/** Options of functions that yield rows of their own schema. */
export interface MapOptions<T extends SchemaSpec, Params = undefined> extends FunctionOptions<Params> {
  /** Columns that the function yields, by name, with DuckDB's types: `{ origin: 'varchar', hour: 'integer' }`. */
  readonly schema: T;
}

/** What a `mapBatches` function yields of one batch. */
export type BatchResult<T extends SchemaSpec> = RecordBatch | readonly ResultRowOf<T>[];

/** Rows through a function. */
export const callDraft =
  (
    input: Draft,
    local: LocalFunction,
    mode: CallMode,
    { deterministic = true, schema }: { readonly deterministic?: boolean; readonly schema?: SchemaSpec },
  ): Draft =>
  async (resolver) => ({
    kind: 'call',
    input: await input(resolver),
    mode,
    function: await resolver.bundleFunction(local),
    ...(schema === undefined ? {} : { schema: toSchema(schema) }),
    deterministic,
  });
