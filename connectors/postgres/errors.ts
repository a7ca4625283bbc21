import { SheafError } from '../../shared/errors.ts';
import { redact } from '../../shared/secrets.ts';
import { type Server, serverText } from './connection-options.ts';

/** What was being done, for messages: which side of a pipeline, and the thing in the database. */
export interface Place {
  readonly side: 'source' | 'sink';
  readonly server: Server;
  /** A table or `query`. */
  readonly thing: string;
}

/** How errors of one kind are reported: SQLSTATE by its first two letters, or all five. */
interface Kind {
  readonly what: string;
  readonly next: string;
  readonly retryable: boolean;
}

const lost: Kind = {
  what: 'the connection was lost',
  next: 'It is tried again by itself; look at the server’s log if it goes on.',
  retryable: true,
};

const kinds: Readonly<Record<string, Kind>> = {
  '08': lost,
  '57P01': { ...lost, what: 'the server ended the connection' },
  '57P02': { ...lost, what: 'the server crashed' },
  '57P03': { ...lost, what: 'the server is starting or stopping' },
  '53300': { ...lost, what: 'the server has no connection left', next: 'Raise max_connections, or use fewer slots.' },
  '53200': { ...lost, what: 'the server is out of memory', next: 'Lower its load, or look at its work_mem.' },
  '53100': {
    what: 'the server’s disk is full',
    next: 'Free space on the server, then run it again: nothing of the load is visible.',
    retryable: false,
  },
  '57014': {
    what: 'the statement ran into the server’s time limit',
    next: 'Set the option statementTimeoutMs higher, or statement_timeout of the database’s role.',
    retryable: false,
  },
  '55P03': {
    what: 'others held a lock for too long',
    next: 'Find them in pg_locks, or set the option lockTimeoutMs higher.',
    retryable: true,
  },
  '40': { what: 'it was in conflict with another transaction', next: 'It is tried again by itself.', retryable: true },
  '28': {
    what: 'the server refused user or password',
    next: 'Correct user and password (the secret that holds it), or pg_hba.conf of the server.',
    retryable: false,
  },
  '42501': {
    what: 'the user lacks a privilege',
    next: 'Grant it: reading needs SELECT; loading INSERT (and UPDATE, TRUNCATE, by mode) and CREATE on the schema.',
    retryable: false,
  },
  '3D': { what: 'there is no such database', next: 'Correct the name of the database.', retryable: false },
  '42P01': {
    what: 'there is no such table',
    next: 'Correct the name; schema.table if it is not in public.',
    retryable: false,
  },
  '22': {
    what: 'a value does not fit',
    next: 'Convert it in the transformation, or add a rule for it.',
    retryable: false,
  },
  '23': {
    what: 'a row breaks a constraint of the table',
    next: 'Add a rule for it to the pipeline (notNull, unique, foreignKey, …), or change the table.',
    retryable: false,
  },
  '42': { what: 'the statement is not valid', next: 'Correct the options that hold SQL.', retryable: false },
};

const unreachable: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'],
]);

/** What `pg` and sockets throw, as far as it is looked at. */
interface Thrown {
  readonly message?: string;
  readonly code?: string;
  readonly severity?: string;
  readonly column?: string;
  readonly constraint?: string;
}

/**
 * An error of the database or on the way to it, with its place and without secrets. Other errors of ours stay as they
 * are.
 */
export function postgresError(thrown: unknown, place: Place): SheafError {
  if (thrown instanceof SheafError) return thrown;
  const { message = String(thrown), code = '', severity, column, constraint } = thrown as Thrown;
  const kind = severity === undefined ? transportKind(code, message) : serverKind(code);
  const detail = [column && `column ${column}`, constraint && `constraint ${constraint}`].filter(Boolean).join(', ');
  const where = `PostgreSQL ${place.side} ${place.thing} (database ${serverText(place.server)})`;
  return new SheafError(
    place.side === 'source' ? 'SOURCE_FAILED' : 'SINK_FAILED',
    redact(`${where}: ${kind.what}${detail === '' ? '' : ` (${detail})`}: ${message}`),
    { next: kind.next, retryable: kind.retryable, details: { sqlstate: severity === undefined ? null : code } },
  );
}

const serverKind = (code: string): Kind =>
  kinds[code] ??
  kinds[code.slice(0, 2)] ?? {
    what: `the server refused (SQLSTATE ${code})`,
    next: 'Read the message; the server’s log may tell more.',
    retryable: false,
  };

function transportKind(code: string, message: string): Kind {
  if (unreachable.has(code)) return { ...lost, what: 'the server cannot be reached, or hung up' };
  if (/terminated|timeout expired|not queryable|closed/i.test(message)) return lost;
  if (/SSL|TLS|certificate|altname/i.test(`${code} ${message}`)) {
    return {
      what: 'no trusted encrypted connection came about',
      next: 'Check sslmode, the certificates given as ca or caFile, and the host name in the server’s certificate.',
      retryable: false,
    };
  }
  if (code === 'ENOTFOUND') return { what: 'the host is not known', next: 'Correct the host name.', retryable: false };
  return { what: 'it failed', next: 'Read the message; the server’s log may tell more.', retryable: false };
}
