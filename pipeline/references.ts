import { SheafError } from '../shared/errors.ts';
import type { SecretRef } from '../shared/secrets.ts';

/**
 * A secret by its name: the value never stands in a plan, a log or a record. The coordinator and every worker find it
 * in their folder of secrets (`--secrets`) or in the environment, as `SHEAF_SECRET_<NAME>`.
 *
 * @example `source.rest({ url: 'https://api.example.com/orders', auth: { bearer: secret('ORDERS_TOKEN') } })`
 */
export function secret(name: string): SecretRef {
  if (/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) return { $secret: name };
  throw new SheafError('PIPELINE_INVALID', `"${name}" is no name of a secret`, {
    next: 'Give its name, not its value: letters, digits and _, for example ORDERS_TOKEN.',
  });
}

/** A value that each run is given: in options as it is, in SQL text by a template. */
export type ParamRef = { readonly $param: string };

/** Whether a value stands for a parameter of the pipeline. */
export const isParamRef = (value: unknown): value is ParamRef =>
  typeof value === 'object' && value !== null && '$param' in value && typeof value.$param === 'string';

/**
 * A parameter of the pipeline, for options of sources and sinks. Every run also has `run_id`, `run_time`,
 * `interval_start` and `interval_end` (text, as timestamps in UTC).
 *
 * @example `source.files(...)`, `source.rest({ url: '…', query: { day: param('day') } })`
 */
export const param = (name: string): ParamRef => ({ $param: name });
