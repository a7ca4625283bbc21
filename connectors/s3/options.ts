import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import type { ObjectStorage } from '../../shared/plan/nodes/scan.ts';

/**
 * Which object storage, and as whom. What is not said comes from where AWS's own tools find it: `AWS_REGION`,
 * `AWS_ENDPOINT_URL_S3`, `AWS_ACCESS_KEY_ID`, `AWS_PROFILE`, a role of the machine.
 */
export interface S3Options {
  /** For example `http://127.0.0.1:9000`. Default: AWS. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** The bucket stands in the path, not in the host's name. Default: at endpoints other than AWS's. */
  readonly pathStyle?: boolean;
}

const texts = ['endpoint', 'region', 'accessKeyId', 'secretAccessKey', 'sessionToken'] as const;

/** @throws SheafError `PLAN_INVALID` naming the option */
export function parseS3Options(options: Json | undefined): S3Options {
  if (options === undefined || options === null) return {};
  if (typeof options !== 'object' || Array.isArray(options)) throw invalid('s3', 'is not an object');
  const given = options as Readonly<Record<string, Json | undefined>>;
  for (const [name, value] of Object.entries(given)) {
    if (name === 'pathStyle' ? value !== undefined && typeof value !== 'boolean' : false)
      throw invalid(name, 'is neither true nor false');
    if (name !== 'pathStyle' && !texts.some((text) => text === name)) throw invalid(name, 'is not known');
    if (name !== 'pathStyle' && value !== undefined && typeof value !== 'string') throw invalid(name, 'is not text');
  }
  if ((given.accessKeyId === undefined) !== (given.secretAccessKey === undefined))
    throw invalid('accessKeyId', 'and secretAccessKey go together');
  if (given.endpoint !== undefined && !URL.canParse(String(given.endpoint))) throw invalid('endpoint', 'is not a URL');
  return given as S3Options;
}

/**
 * The options that a plan holds, with the values of secrets in place of their names.
 *
 * @throws SheafError `PLAN_INVALID`, `SECRET_UNKNOWN`
 */
export function resolvedOptions(options: ObjectStorage | undefined, resolve: (data: Json) => Json): S3Options {
  return options === undefined ? {} : parseS3Options(resolve(JSON.parse(JSON.stringify(options)) as Json));
}

const invalid = (name: string, what: string): SheafError =>
  new SheafError('PLAN_INVALID', `The option ${name} of object storage ${what}`, {
    next: `Options of object storage are: ${[...texts, 'pathStyle'].join(', ')}. A secret stands as { $secret: 'name' }.`,
  });

/** What AWS's variables say of the endpoint, which decides how buckets are addressed. */
export const environmentEndpoint = (environment: NodeJS.ProcessEnv = process.env): string | undefined =>
  environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL || undefined;

/** AWS serves buckets under names of their own; others may, but all serve them under paths. */
export function wantsPathStyle({ pathStyle, endpoint }: S3Options): boolean {
  if (pathStyle !== undefined) return pathStyle;
  return endpoint !== undefined && !new URL(endpoint).hostname.endsWith('.amazonaws.com');
}
