import { type ErrorCode, SheafError } from '../../shared/errors.ts';
import { redact } from '../../shared/secrets.ts';
import { type Location, pathOf } from './location.ts';

/** What is known of a failed request, whoever threw it. */
export interface Failed {
  /** The server's name for it, for example `SlowDown`, or the system's, for example `ECONNRESET`. */
  readonly name: string;
  /** HTTP status; 0 if there was no answer. */
  readonly status: number;
  readonly message: string;
}

/** What a request failed with, from the SDK or from the connection (then the status is 0). */
export function failedOf(thrown: unknown): Failed {
  const error = thrown as { name?: string; code?: string; message?: string; $metadata?: { httpStatusCode?: number } };
  const status = error?.$metadata?.httpStatusCode ?? 0;
  const name = status === 0 ? (error?.code ?? error?.name ?? 'Error') : (error?.name ?? 'Error');
  return { name, status, message: String(error?.message ?? thrown) };
}

const cuts =
  /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ERR_STREAM|ABORT_ERR|TimeoutError|Error$|NetworkingError)/;
const busy = /^(SlowDown|ServiceUnavailable|InternalError|RequestTimeout|Throttling|TooManyRequests|OperationAborted)/;

/** Whether the same request may succeed a little later. */
export const isPassing = ({ name, status, message }: Failed): boolean =>
  status >= 500
    ? status !== 501 && status !== 507
    : status === 429 ||
      busy.test(name) ||
      (status < 400 && (cuts.test(name) || /socket hang up|aborted/.test(message)));

/** Whether the request may have been carried out though its answer did not say so. */
export const isAmbiguous = (failed: Failed): boolean => failed.status === 0 || failed.status >= 500;

const codes: Readonly<Record<string, ErrorCode>> = {
  NoSuchBucket: 'FILE_NOT_FOUND',
  NoSuchKey: 'FILE_NOT_FOUND',
  NotFound: 'FILE_NOT_FOUND',
  NoSuchUpload: 'FILE_NOT_FOUND',
  PreconditionFailed: 'FILE_CHANGED',
  InvalidRange: 'FILE_CHANGED',
  CredentialsProviderError: 'PERMISSION_DENIED',
  EntityTooLarge: 'NOT_SUPPORTED',
  NotImplemented: 'NOT_SUPPORTED',
  InsufficientStorage: 'DISK_FULL',
  QuotaExceeded: 'DISK_FULL',
  ENOSPC: 'DISK_FULL',
};

const nexts: Partial<Record<ErrorCode, string>> = {
  FILE_NOT_FOUND: 'Check the bucket and the key, and that the endpoint and the region are those of the bucket.',
  FILE_CHANGED: 'It was written meanwhile: run the job again.',
  PERMISSION_DENIED:
    'Give the coordinator and every worker credentials that may do this: AWS_ACCESS_KEY_ID and its like, a role, or secrets named in the options.',
  UNREACHABLE: 'Check the endpoint and the network; raise objectAttemptsMax if the service is only busy.',
  DISK_FULL: 'Free room in the object storage, or raise its quota.',
};

function codeOf(failed: Failed): ErrorCode {
  const known = codes[failed.name];
  if (known !== undefined) return known;
  if (failed.status === 404) return 'FILE_NOT_FOUND';
  if (failed.status === 412 || failed.status === 416) return 'FILE_CHANGED';
  if (failed.status === 401 || failed.status === 403) return 'PERMISSION_DENIED';
  if (failed.status === 507) return 'DISK_FULL';
  return failed.status === 0 || failed.status >= 500 || failed.status === 429 ? 'UNREACHABLE' : 'NOT_SUPPORTED';
}

/**
 * A failed request in the user's terms: what was tried on which object, and what the server said. No header, no
 * address with a signature, no secret.
 *
 * @param what for example `read`
 */
export function objectError(thrown: unknown, what: string, place: Location): SheafError {
  if (thrown instanceof SheafError) return thrown;
  const failed = failedOf(thrown);
  const wrapped = (thrown as { cause?: unknown })?.cause;
  if (wrapped instanceof SheafError) return wrapped;
  const code = codeOf(failed);
  const said = redact(failed.message).split('\n')[0] ?? '';
  const status = failed.status === 0 ? failed.name : `${failed.status} ${failed.name}`;
  const next = nexts[code];
  return new SheafError(code, `Cannot ${what} ${pathOf(place)}: ${said} (${status})`, {
    retryable: isPassing(failed) || code === 'UNREACHABLE',
    details: { bucket: place.bucket, key: place.key, status: failed.status, error: failed.name },
    ...(next === undefined ? {} : { next }),
  });
}

/** For questions after what may not be there. */
export function orNothing(thrown: unknown): undefined {
  const isMissing = thrown instanceof SheafError && thrown.code === 'FILE_NOT_FOUND';
  if (isMissing && thrown.details?.error !== 'NoSuchBucket') return undefined;
  throw thrown;
}
