import { SheafError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import type { SecretRef } from '../shared/secrets.ts';
import type { Duration } from './duration.ts';
import type { RejectPolicy, Schedule } from './records/document.ts';
import type { Extract, Inputs, Loads, Transformed, TransformTools, Untransformed, Validations } from './types.ts';

/** What a pipeline is made of. Everything but `extract` and `load` may be left out. */
export interface PipelineSpec<E extends Extract, T extends Transformed, P extends string> {
  /** When to run, once deployed with `npx sheaf schedule`: cron's five fields (UTC), or more to say about it. */
  readonly schedule?: string | ({ readonly cron: string } & Partial<Schedule>);
  /** Values that a run may be given, by name: a DuckDB type, or a type and the value if none is given. */
  readonly params?: Readonly<Record<P, string | { readonly type: string; readonly value: Json }>>;
  /** One source, or several by name. */
  readonly extract: E;
  /** From the sources to what is loaded. Left out, the sources are loaded as they are. */
  readonly transform?: (given: Inputs<E> & TransformTools<P>) => T;
  /** Rules for what is loaded. */
  readonly validate?: Validations<T>;
  /** What becomes of rows that could not be read or break a rule. Default: they fail the run. */
  readonly onReject?: RejectPolicy;
  /** One sink, or one for each relation by its name. */
  readonly load: Loads<T>;
  /** How often a run is tried, in all, and how long it waits in between (doubling). Default: 3 times, from 10 s on. */
  readonly retry?: { readonly attempts?: number; readonly firstDelay?: Duration; readonly maxDelay?: Duration };
  /** Receives the run as JSON by POST when it has failed for good. */
  readonly onFailure?: { readonly webhook: string | SecretRef };
  /** What `npx sheaf test` runs: rows in place of the sources, and what is to come of them. */
  readonly samples?: readonly Sample[];
}

/** A case for `npx sheaf test`. */
export interface Sample {
  readonly name: string;
  /**
   * Rows for each source by its name (`extract` if there is only one), as objects, or the path of a file beside the
   * pipeline that the source reads.
   */
  readonly given: Readonly<Record<string, readonly Readonly<Record<string, Json>>[] | string>>;
  readonly params?: Readonly<Record<string, Json>>;
  /**
   * Rows that are loaded, for each relation by its name (`load` if there is only one), in any order; columns that are
   * not named do not matter.
   */
  readonly loaded?: Readonly<Record<string, readonly Readonly<Record<string, Json>>[]>>;
  /** Rows that are rejected: the rule (`malformed` of what cannot be read), and whatever else matters. */
  readonly rejected?: readonly Readonly<Record<string, Json>>[];
}

const brand = Symbol.for('sheaf.pipeline');

/** A pipeline as its file exports it. */
export interface Pipeline {
  readonly name: string;
  readonly spec: PipelineSpec<Extract, Transformed, string>;
}

/**
 * Defines a pipeline: the default export of its file. Nothing runs here: `npx sheaf run FILE` runs it once,
 * `npx sheaf schedule FILE` hands it to a cluster, `npx sheaf test FILE` tries its samples.
 *
 * @param name unique in a cluster: letters, digits, `-` and `_`
 * @example
 * ```ts
 * export default pipeline('requests', {
 *   extract: source.files('s3://logs/web/*.log.gz', { format: accessLog(), incremental: true }),
 *   transform: ({ extract, sql }) => sql`select host, status, bytes from ${extract} where status < 600`,
 *   validate: [expect.notNull('host'), expect.between('status', 100, 599)],
 *   onReject: quarantine('s3://logs/rejects'),
 *   load: sink.postgres('requests', { mode: 'append' }),
 * });
 * ```
 * @throws SheafError `PIPELINE_INVALID`
 */
export function pipeline<const E extends Extract, const P extends string = never>(
  name: string,
  spec: PipelineSpec<E, Untransformed<E>, P> & { readonly transform?: never },
): Pipeline;
export function pipeline<const E extends Extract, T extends Transformed, const P extends string = never>(
  name: string,
  spec: PipelineSpec<E, T, P> & { readonly transform: unknown },
): Pipeline;
export function pipeline(name: string, spec: unknown): Pipeline {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(name)) {
    throw new SheafError('PIPELINE_INVALID', `"${name}" is no name of a pipeline`, {
      next: 'Begin with a letter; letters, digits, - and _ follow, 63 in all at most.',
    });
  }
  const made: Pipeline = { name, spec: spec as Pipeline['spec'] };
  return Object.defineProperty(made, brand, { value: true });
}

/** Whether a module's default export is a pipeline, also one of another copy of this package. */
export const isPipeline = (value: unknown): value is Pipeline =>
  typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
