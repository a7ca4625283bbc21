import { z } from 'zod';
import { SheafError } from '../../shared/errors.ts';

/**
 * As libpq's `sslmode`, without its modes that fall back to plain text: `require` encrypts and checks nothing,
 * `verify-ca` checks who signed the server's certificate, `verify-full` its name too.
 */
const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
/** A mode of TLS, by libpq's name. */
export type SslMode = (typeof sslModes)[number];

/** How to reach a database: a URL (best given as a secret), or its parts with the password as a secret. */
export type PostgresConnection =
  | string
  | {
      readonly host: string;
      /** Default 5432; 5439 for Redshift. */
      readonly port?: number;
      readonly database: string;
      readonly user: string;
      readonly password?: string;
      readonly sslmode?: SslMode;
      /** Certificates of authorities to trust, as PEM text, instead of the system's. */
      readonly ca?: string;
      /** The same as a file, on every machine that connects. */
      readonly caFile?: string;
    };

/** A connection's parts after parsing. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly sslmode: SslMode;
  readonly ca?: string;
  readonly caFile?: string;
}

const parts = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).optional(),
  database: z.string().min(1),
  user: z.string().min(1),
  password: z.string().optional(),
  sslmode: z.enum(sslModes).optional(),
  ca: z.string().optional(),
  caFile: z.string().optional(),
});

/** For the options of sources and sinks. */
export const connectionOption = z.union([z.string().min(1), parts]);

/** @throws SheafError `PLAN_INVALID` that tells what is wrong with the URL, without any of it */
export function serverOf(connection: z.output<typeof connectionOption>, defaultPort = 5432): Server {
  const { ca, caFile, ...given } = typeof connection === 'string' ? partsOfUrl(connection) : connection;
  return {
    host: given.host,
    port: given.port ?? defaultPort,
    database: given.database,
    user: given.user,
    password: given.password ?? '',
    sslmode: given.sslmode ?? (ca !== undefined || caFile !== undefined ? 'verify-full' : 'disable'),
    ...(ca === undefined ? {} : { ca }),
    ...(caFile === undefined ? {} : { caFile }),
  };
}

function partsOfUrl(text: string): z.output<typeof parts> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^(postgres(ql)?|redshift):$/.test(url.protocol))
    throw badUrl('it is no URL of PostgreSQL');
  const { sslmode, sslrootcert, ...others } = Object.fromEntries(url.searchParams);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw badUrl(`it has the parameter ${unknown}; sslmode and sslrootcert are known`);
  const read = parts.safeParse({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    database: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(sslmode === undefined ? {} : { sslmode }),
    ...(sslrootcert === undefined ? {} : { caFile: sslrootcert }),
  });
  if (read.success) return read.data;
  throw badUrl(`${read.error.issues[0]?.path.join('.') ?? 'a part'} is missing or not known`);
}

const badUrl = (why: string): SheafError =>
  new SheafError('PLAN_INVALID', `The connection is not usable: ${why}`, {
    next: 'Write postgres://user:password@host:port/database?sslmode=verify-full, or its parts as an object.',
  });

/** For messages: never the password. */
export const serverText = ({ host, port, database }: Server): string => `${database} at ${host}:${port}`;
