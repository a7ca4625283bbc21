import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { type ErrorCode, type ErrorData, errorCodes, exitCodes, SheafError } from '../errors.ts';

/** The trailer in which a `SheafError` travels as data: JSON of its `ErrorData`. */
const errorTrailer = 'sheaf-error-bin';

const statusByExitCode: Readonly<Record<number, status>> = {
  [exitCodes.jobFailed]: status.ABORTED,
  [exitCodes.usage]: status.INVALID_ARGUMENT,
  [exitCodes.badData]: status.FAILED_PRECONDITION,
  [exitCodes.unreachable]: status.UNAVAILABLE,
  [exitCodes.internal]: status.INTERNAL,
  [exitCodes.auth]: status.UNAUTHENTICATED,
  [exitCodes.config]: status.FAILED_PRECONDITION,
  [exitCodes.timeout]: status.DEADLINE_EXCEEDED,
};

/** For clients that are not ours; ours read the trailer. */
const statusByCode: Partial<Record<ErrorCode, status>> = {
  JOB_UNKNOWN: status.NOT_FOUND,
  FILE_NOT_FOUND: status.NOT_FOUND,
  RESULT_GONE: status.NOT_FOUND,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  CANCELLED: status.CANCELLED,
  QUOTA_EXCEEDED: status.RESOURCE_EXHAUSTED,
  NOT_SUPPORTED: status.UNIMPLEMENTED,
  STALE_EPOCH: status.FAILED_PRECONDITION,
};

/** Any thrown value as the status of a failed call, with its `ErrorData` in a trailer of at most `bytesMax` bytes. */
export function toStatus(thrown: unknown, bytesMax: number): StatusObject {
  const error = SheafError.from(thrown);
  const metadata = new Metadata();
  metadata.set(errorTrailer, encodeError(error.toData(), bytesMax));
  const code = statusByCode[error.code] ?? statusByExitCode[errorCodes[error.code]] ?? status.UNKNOWN;
  return { code, details: cut(error.message, 512), metadata };
}

/** Details are cut first, then the message: the code always arrives. */
function encodeError(data: ErrorData, bytesMax: number): Buffer {
  const whole = Buffer.from(JSON.stringify(data));
  if (whole.byteLength <= bytesMax) return whole;
  const { details: _, ...bare } = data;
  const details = Object.fromEntries(
    Object.entries(data.details ?? {})
      .slice(0, 8)
      .map(([key, value]) => [cut(key, 64), typeof value === 'string' ? cut(value, Math.floor(bytesMax / 64)) : value]),
  );
  const short = { ...bare, message: cut(data.message, Math.floor(bytesMax / 16)), next: cut(data.next ?? '', 128) };
  const withDetails = Buffer.from(JSON.stringify({ ...short, details }));
  return withDetails.byteLength <= bytesMax ? withDetails : Buffer.from(JSON.stringify(short));
}

const cut = (text: string, lengthMax: number): string =>
  text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}…`;

/**
 * A failed call as a `SheafError`: the one that the server threw, or, where none arrived, what the status means.
 *
 * @param address whom we called, for the message
 */
export function fromStatus(error: ServiceError | StatusObject, address: string): SheafError {
  const trailer = error.metadata?.get(errorTrailer)[0];
  return (trailer instanceof Buffer ? decodeError(trailer) : undefined) ?? fromBareStatus(error, address);
}

function decodeError(trailer: Buffer): SheafError | undefined {
  let data: Partial<ErrorData>;
  try {
    data = JSON.parse(trailer.toString('utf8')) as Partial<ErrorData>;
  } catch {
    return undefined; // Not ours, or damaged: the status still says what happened.
  }
  if (typeof data.message !== 'string' || typeof data.code !== 'string') return undefined;
  const code = Object.hasOwn(errorCodes, data.code) ? data.code : 'INTERNAL';
  return SheafError.fromData({ ...data, code, message: data.message });
}

function fromBareStatus(error: ServiceError | StatusObject, address: string): SheafError {
  const meaning = meanings[error.code] ?? {
    code: 'INTERNAL',
    text: 'failed the call',
    next: 'This looks like a bug in Sheaf: please report it.',
  };
  return new SheafError(meaning.code, `${address} ${meaning.text} (${error.details})`, {
    cause: error,
    next: meaning.next,
    retryable: error.code === status.UNAVAILABLE,
  });
}

const meanings: Partial<Record<status, { readonly code: ErrorCode; readonly text: string; readonly next: string }>> = {
  [status.UNAVAILABLE]: {
    code: 'UNREACHABLE',
    text: 'cannot be reached: nothing listens there, or the connection broke',
    next: 'Check that the process runs, that the address is right, and that no firewall is between.',
  },
  [status.DEADLINE_EXCEEDED]: {
    code: 'DEADLINE',
    text: 'did not answer in time',
    next: 'Check that the process is not stopped or overloaded.',
  },
  [status.CANCELLED]: { code: 'CANCELLED', text: 'was called, but the call was cancelled', next: 'Run it again.' },
  [status.UNAUTHENTICATED]: {
    code: 'UNAUTHENTICATED',
    text: 'refused the call: it demands a token',
    next: "Pass the cluster's token with --token-file.",
  },
  [status.RESOURCE_EXHAUSTED]: {
    code: 'QUOTA_EXCEEDED',
    text: 'refused a message',
    next: 'Raise SHEAF_RPC_MESSAGE_BYTES_MAX on both sides, or send less at once.',
  },
  [status.UNIMPLEMENTED]: {
    code: 'VERSION_MISMATCH',
    text: 'does not know this call: it runs another version of Sheaf, or is no Sheaf process',
    next: 'Check the address, and run the same version everywhere.',
  },
};
