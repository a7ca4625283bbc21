import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { endGuarded } from '../processes/guarded.ts';
import { freePort } from '../processes/processes.ts';
import { findPostgres } from '../requirements.ts';

/** A real PostgreSQL on a free port of this machine, its data in a temporary folder. */
export interface TestPostgres extends AsyncDisposable {
  readonly port: number;
  readonly password: string;
  /** `postgres://…/test`, for connectors. */
  readonly url: string;
  /** Its folder, which the server's user owns: for certificates. */
  readonly folder: string;
  /** Runs SQL as the superuser; rows as `pg` gives them. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** `kill -9` of all of it. Its data stay. */
  kill(): Promise<void>;
  /** Starts it again, at the same address with the same data. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Rows of `postgresql.conf` besides the defaults. */
export type PostgresSettings = Readonly<Record<string, string>>;

/** @throws Error that says what to install if PostgreSQL is missing */
export async function startPostgres(settings: PostgresSettings = {}): Promise<TestPostgres> {
  const server = new RunningPostgres(await freePort(), programs(), settings);
  await server.start();
  return server;
}

interface Programs {
  readonly postgres: string;
  readonly initdb: string;
}

function programs(): Programs {
  const postgres = findPostgres();
  if (postgres === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
  return { postgres, initdb: postgres.replace(/postgres$/, 'initdb') };
}

/** The server refuses to run as root: then as `nobody`. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** The shell ends the server when the pipe from this process closes, however this process ended. */
const guard = '"$@" & pid=$!; cat >/dev/null; kill -QUIT $pid 2>/dev/null; wait $pid';

class RunningPostgres implements TestPostgres {
  readonly port: number;
  readonly password = 'Pa55:w@rd/of tests';
  readonly folder: string;
  readonly #programs: Programs;
  #shell: ChildProcess | undefined;

  constructor(port: number, found: Programs, settings: PostgresSettings) {
    this.port = port;
    this.#programs = found;
    this.folder = mkdtempSync(join(tmpdir(), 'sheaf-postgres-'));
    const passwordFile = join(this.folder, 'password');
    writeFileSync(passwordFile, this.password);
    if (user.uid !== undefined) for (const path of [this.folder, passwordFile]) chownSync(path, user.uid, user.gid);
    this.#init(passwordFile);
    const rows = { fsync: 'off', listen_addresses: "'127.0.0.1'", port: String(port), ...settings };
    const text = Object.entries({ unix_socket_directories: "''", ...rows }).map(
      ([name, value]) => `${name} = ${value}\n`,
    );
    appendFileSync(join(this.#data, 'postgresql.conf'), text.join(''));
  }

  get url(): string {
    return `postgres://postgres:${encodeURIComponent(this.password)}@127.0.0.1:${this.port}/postgres`;
  }

  get #data(): string {
    return join(this.folder, 'data');
  }

  async start(): Promise<void> {
    const command = ['-c', guard, 'sh', this.#programs.postgres, '-D', this.#data];
    this.#shell = spawn('sh', command, { ...user, cwd: this.folder, stdio: ['pipe', 'ignore', 'ignore'] });
    for (let tries = 0; !(await this.#isReady()); tries++) {
      if (tries > 200 || this.#shell.exitCode !== null) throw new Error('PostgreSQL did not become ready');
      await pause(50);
    }
  }

  async query(sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(this.url);
    await client.connect();
    try {
      const result: unknown = await client.query(sql);
      const last = (Array.isArray(result) ? result.at(-1) : result) as pg.QueryResult<Record<string, unknown>>;
      return last.rows;
    } finally {
      await client.end();
    }
  }

  async kill(): Promise<void> {
    await endGuarded(this.#shell);
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #init(passwordFile: string): void {
    const options = ['-U', 'postgres', '--auth=scram-sha-256', '--pwfile', passwordFile, '--no-sync', '-E', 'UTF8'];
    const { status, stderr } = spawnSync(this.#programs.initdb, ['-D', this.#data, ...options, '--locale=C.UTF-8'], {
      ...user,
      cwd: this.folder,
    });
    if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
  }

  async #isReady(): Promise<boolean> {
    try {
      await this.query('SELECT 1');
      return true;
    } catch {
      return false; // Not listening yet, or starting.
    }
  }
}
