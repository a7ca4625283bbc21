import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Server } from './connection-options.ts';
import { type Place, postgresError } from './errors.ts';

/** How a connection is opened. */
export interface SessionOptions {
  readonly config: Config;
  /** Breaks the connection: whatever runs on it fails, and the server rolls back. */
  readonly signal: AbortSignal;
  readonly lockTimeoutMs?: number | undefined;
  readonly statementTimeoutMs?: number | undefined;
  /** Redshift speaks PostgreSQL's protocol and knows few of its settings. Default: PostgreSQL. */
  readonly dialect?: 'postgres' | 'redshift';
}

type Value = string | number | bigint | null | readonly string[];

/**
 * One connection, and every statement on it. All errors name the place. Settings that answers depend on are
 * set, whatever the role's defaults.
 */
export class Session implements AsyncDisposable {
  readonly #client: pg.Client;
  readonly #place: Place;
  readonly #signal: AbortSignal;
  readonly #abort = (): void => this.break();
  /** What ended the connection while nothing ran on it. */
  #broken: Error | undefined;

  private constructor(place: Place, options: SessionOptions) {
    this.#place = place;
    this.#signal = options.signal;
    this.#client = new pg.Client(clientConfig(place.server, options));
    this.#client.on('error', (error) => {
      this.#broken ??= error;
    });
  }

  /** @throws SheafError `SOURCE_FAILED` or `SINK_FAILED` */
  static async open(place: Place, options: SessionOptions): Promise<Session> {
    const session = new Session(place, options);
    options.signal.throwIfAborted();
    options.signal.addEventListener('abort', session.#abort, { once: true });
    try {
      await session.#client.connect();
      await session.#client.query(settings(options));
      return session;
    } catch (error) {
      session.break();
      throw session.error(error);
    }
  }

  /** Rows of a statement; values are passed as `$1`, `$2`, … and every column comes as text or null. */
  async rows<Row extends Record<string, string | null>>(sql: string, values: readonly Value[] = []): Promise<Row[]> {
    return (await this.#query(sql, values)).rows as Row[];
  }

  /** Runs a statement (or several, without values) and returns how many rows it touched. */
  async run(sql: string, values: readonly Value[] = []): Promise<number> {
    return (await this.#query(sql, values)).rowCount ?? 0;
  }

  /** The columns of a SELECT, without running it. */
  async describe(select: string): Promise<readonly { name: string; oid: number; modifier: number }[]> {
    const { fields } = await this.#query(`SELECT * FROM (${select}\n) AS q LIMIT 0`, []);
    return fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
      name,
      oid: dataTypeID,
      modifier: dataTypeModifier,
    }));
  }

  /** What the server's planner expects of a SELECT. */
  async explain(select: string): Promise<{ readonly rows: number; readonly bytes: number }> {
    const [line] = await this.rows<{ 'QUERY PLAN': string }>(`EXPLAIN ${select}`);
    const [, rows = '0', width = '0'] = /rows=(\d+) width=(\d+)/.exec(line?.['QUERY PLAN'] ?? '') ?? [];
    return { rows: Number(rows), bytes: Number(rows) * Number(width) };
  }

  /** The bytes of `COPY … TO STDOUT`. Its errors are to be passed through `error`. */
  copyTo(sql: string): Readable {
    return this.#client.query(copyTo(sql));
  }

  /** Takes the bytes of `COPY … FROM STDIN`. Its errors are to be passed through `error`. */
  copyFrom(sql: string): Writable {
    return this.#client.query(copyFrom(sql));
  }

  /** Lets the connection outlive the signal that it was opened under; it does not keep the process alive. */
  detach(): void {
    this.#signal.removeEventListener('abort', this.#abort);
    socketOf(this.#client).unref();
  }

  error(thrown: unknown): SheafError {
    if (this.#signal.aborted && !(thrown instanceof SheafError)) {
      return new SheafError('CANCELLED', `The work on ${this.#place.thing} was cancelled`, { cause: thrown });
    }
    return postgresError(thrown, this.#place);
  }

  /** Ends the connection at once; the server rolls back what was open. */
  break(): void {
    this.#signal.removeEventListener('abort', this.#abort);
    socketOf(this.#client).destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#abort);
    if (this.#broken === undefined && this.#isIdle()) await this.#client.end().catch(() => this.break());
    else this.break();
  }

  async #query(sql: string, values: readonly Value[]): Promise<pg.QueryResult> {
    if (this.#broken !== undefined) throw this.error(this.#broken);
    try {
      // Without values the simple protocol is used, which takes several statements.
      return values.length === 0
        ? await this.#client.query({ text: sql, types: asText })
        : await this.#client.query({ text: sql, values: [...values], types: asText });
    } catch (error) {
      throw this.error(error);
    }
  }

  /** A connection in the middle of COPY cannot be ended in order. */
  #isIdle(): boolean {
    return (this.#client as unknown as { readonly readyForQuery: boolean }).readyForQuery;
  }
}

/** Values stay as the server writes them. */
const asText: pg.CustomTypesConfig = { getTypeParser: () => (text: unknown) => text };

/** The socket below; it changes when TLS begins, so it is asked for each time. */
const socketOf = (client: pg.Client): { destroy(): void; unref(): void } =>
  (client as unknown as { readonly connection: { readonly stream: { destroy(): void; unref(): void } } }).connection
    .stream;

/** Every option is set, so that no environment variable and no file of the user's has a say. */
function clientConfig(server: Server, { config }: SessionOptions): pg.ClientConfig {
  const { host, port, database, user, password } = server;
  return {
    ...{ host, port, database, user },
    password: () => password,
    ssl: tlsOf(server),
    keepAlive: true,
    connectionTimeoutMillis: config.postgresConnectTimeoutMs,
    application_name: 'sheaf',
    client_encoding: 'UTF8',
  };
}

function tlsOf({ sslmode, ca, caFile }: Server): false | ConnectionOptions {
  if (sslmode === 'disable') return false;
  const authority = ca ?? (caFile === undefined ? undefined : readAuthority(caFile));
  return {
    rejectUnauthorized: sslmode !== 'require',
    ...(authority === undefined ? {} : { ca: authority }),
    ...(sslmode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SheafError(
      'FILE_NOT_FOUND',
      `The certificates of the authority, ${file}, cannot be read on this machine`,
      {
        cause,
        next: 'Put the file on every machine that connects, or give its text as the option ca.',
      },
    );
  }
}

const settings = (options: SessionOptions): string =>
  options.dialect === 'redshift'
    ? `SET TimeZone TO 'UTC'; SET statement_timeout TO ${options.statementTimeoutMs ?? 0};`
    : postgresSettings(options);

const postgresSettings = ({ config, lockTimeoutMs, statementTimeoutMs }: SessionOptions): string => `
  SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex';
  SET extra_float_digits = 1; SET standard_conforming_strings = on; SET client_min_messages = warning;
  SET idle_in_transaction_session_timeout = 0;
  SET lock_timeout = ${lockTimeoutMs ?? config.postgresLockTimeoutMs};
  ${statementTimeoutMs === undefined ? '' : `SET statement_timeout = ${statementTimeoutMs};`}`;
