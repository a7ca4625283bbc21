/** Every error that a person or another process may see is a `SheafError`: a code, a message, a next step. */

/** Exit codes of the command line, by kind of error. */
export const exitCodes = {
  ok: 0,
  jobFailed: 1,
  usage: 2,
  badData: 65,
  unreachable: 69,
  internal: 70,
  auth: 77,
  config: 78,
  timeout: 124,
} as const;

/**
 * All error codes with the exit code that they lead to. A code is stable: programs may match on it.
 */
export const errorCodes = {
  FILE_NOT_FOUND: exitCodes.badData,
  PERMISSION_DENIED: exitCodes.badData,
  FILE_CORRUPT: exitCodes.badData,
  FILE_CHANGED: exitCodes.badData,
  FILE_NOT_VISIBLE: exitCodes.badData,
  FORMAT_UNKNOWN: exitCodes.badData,
  ROW_MALFORMED: exitCodes.badData,
  SCHEMA_MISMATCH: exitCodes.badData,
  DESTINATION_EXISTS: exitCodes.badData,
  COLUMN_UNKNOWN: exitCodes.usage,
  TABLE_UNKNOWN: exitCodes.usage,
  SQL_INVALID: exitCodes.usage,
  PLAN_INVALID: exitCodes.usage,
  NOT_SUPPORTED: exitCodes.usage,
  USAGE: exitCodes.usage,
  QUERY_FAILED: exitCodes.jobFailed,
  FUNCTION_THREW: exitCodes.jobFailed,
  FUNCTION_RESULT: exitCodes.jobFailed,
  FUNCTION_CAPTURE: exitCodes.usage,
  FUNCTION_NOT_FOUND: exitCodes.usage,
  FUNCTION_BUNDLE: exitCodes.usage,
  FUNCTION_STARTS_CLUSTER: exitCodes.usage,
  FUNCTION_PACKAGE_MISSING: exitCodes.config,
  OUT_OF_MEMORY: exitCodes.jobFailed,
  DISK_FULL: exitCodes.jobFailed,
  DATABASE_LOST: exitCodes.jobFailed,
  QUOTA_EXCEEDED: exitCodes.jobFailed,
  FETCH_FAILED: exitCodes.jobFailed,
  POISON_TASK: exitCodes.jobFailed,
  WORKERS_LOST: exitCodes.jobFailed,
  CANCELLED: exitCodes.jobFailed,
  JOB_UNKNOWN: exitCodes.usage,
  RESULT_GONE: exitCodes.jobFailed,
  JOB_LOST: exitCodes.jobFailed,
  DEADLINE: exitCodes.timeout,
  UNREACHABLE: exitCodes.unreachable,
  STORE_UNREACHABLE: exitCodes.unreachable,
  LEASE_LOST: exitCodes.unreachable,
  NOT_LEADER: exitCodes.unreachable,
  STALE_EPOCH: exitCodes.unreachable,
  SECRET_UNKNOWN: exitCodes.config,
  SOURCE_FAILED: exitCodes.jobFailed,
  SINK_FAILED: exitCodes.jobFailed,
  STAGED_LOST: exitCodes.jobFailed,
  RULE_BROKEN: exitCodes.badData,
  RUN_UNKNOWN: exitCodes.usage,
  PIPELINE_UNKNOWN: exitCodes.usage,
  PIPELINE_INVALID: exitCodes.usage,
  CONNECTOR_MISSING: exitCodes.config,
  VERSION_MISMATCH: exitCodes.config,
  PORT_IN_USE: exitCodes.config,
  OPEN_WITHOUT_TOKEN: exitCodes.config,
  CONFIG_INVALID: exitCodes.config,
  UNAUTHENTICATED: exitCodes.auth,
  INTERNAL: exitCodes.internal,
} as const;

/** A code of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;

/** The default next step of codes that leave the reader the same choice wherever they occur. */
export const nextOfCode: Partial<Record<ErrorCode, string>> = {
  INTERNAL: 'This looks like a bug in Sheaf: please report it with the details.',
  CANCELLED: 'Run it again if it was not meant to end.',
  LEASE_LOST:
    'Wait: the member joins anew by itself. If it comes again, look whether the machine or etcd is overloaded.',
  STALE_EPOCH: 'Wait: another coordinator leads now, and members turn to it by themselves.',
};

/** A `SheafError` as it crosses threads and the wire: plain data, never parsed from text. */
export interface ErrorData {
  readonly code: ErrorCode;
  /** One sentence: the thing, the place, the likely cause. */
  readonly message: string;
  /** What the reader can do next. */
  readonly next?: string;
  /** Whether the same work may succeed when it is tried again. */
  readonly retryable?: boolean;
  /** Facts for programs and for `--verbose`: stack, row values, partition, file. Never secrets. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

/** What an error may say beside its code and message. */
export interface SheafErrorOptions extends Omit<ErrorData, 'code' | 'message'> {
  readonly cause?: unknown;
}

/**
 * An error that a person or another process may see. `instanceof` holds within a process; across threads and the wire
 * it travels as {@link ErrorData}.
 */
export class SheafError extends Error implements ErrorData {
  override readonly name = 'SheafError';
  readonly code: ErrorCode;
  readonly next?: string;
  readonly retryable: boolean;
  readonly details?: NonNullable<ErrorData['details']>;

  constructor(code: ErrorCode, message: string, options: SheafErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    const next = options.next ?? nextOfCode[code];
    if (next !== undefined) this.next = next;
    if (options.details !== undefined) this.details = options.details;
  }

  /** The process exit code that this error leads to. */
  get exitCode(): number {
    return errorCodes[this.code];
  }

  toData(): ErrorData {
    const { code, message, next, retryable, details } = this;
    return { code, message, retryable, ...(next === undefined ? {} : { next }), ...(details ? { details } : {}) };
  }

  static fromData(data: ErrorData): SheafError {
    return new SheafError(data.code, data.message, data);
  }

  /** Any thrown value as a `SheafError`; what is not one yet was not foreseen and becomes `INTERNAL`. */
  static from(thrown: unknown): SheafError {
    if (thrown instanceof SheafError) return thrown;
    // The error that was thrown first: what then failed to close says less.
    if (isSuppressed(thrown)) return SheafError.from(thrown.suppressed);
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    return new SheafError('INTERNAL', error.message, {
      cause: error,
      details: { stack: error.stack ?? '' },
    });
  }
}

/** Of this runtime or of the compiler's helpers for older ones. */
const isSuppressed = (thrown: unknown): thrown is { readonly suppressed: unknown } =>
  thrown instanceof Error && thrown.name === 'SuppressedError' && 'suppressed' in thrown;

/** Fails on our own bugs; errors of the world are `SheafError`s. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new SheafError('INTERNAL', `Assertion failed: ${message}`);
}
