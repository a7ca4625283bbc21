import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What a script in `bench/peers` reads from its stdin, as JSON. */
export interface PeerRequest {
  /** With a Parquet file for each of TPC-H's tables. */
  readonly directory: string;
  /** By name. */
  readonly queries: Readonly<Record<string, string>>;
  readonly threads: number;
  readonly memoryBytes: number;
  /** Warm ones, after a cold one. */
  readonly runs: number;
  /** Where it writes its answers. */
  readonly answers: string;
  /** For what it spills. */
  readonly scratch: string;
}

/** A line of its stdout. */
export type PeerLine =
  | { readonly version: string; readonly configuration: Readonly<Record<string, unknown>>; readonly startMs: number }
  | { readonly query: string; readonly error: string }
  | {
      readonly query: string;
      readonly coldMs: number;
      readonly warmMs: readonly number[];
      readonly rows: number;
      /** The path of a Parquet file. */
      readonly answer: string;
      /** How it came to it, if not by the query as it stands. */
      readonly note: string;
    };

/** For all queries of one system. */
const minutesMax = 40;

/** Runs one system's script: what it said until it ended, and why it ended early. */
export async function askPeer(python: string, script: string, request: PeerRequest): Promise<[PeerLine[], string]> {
  const path = fileURLToPath(new URL(`../peers/${script}`, import.meta.url));
  // In a group of its own, for it starts processes: they end with it.
  const child = spawn(python, [path], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const end = (): void => endGroup(child);
  process.once('exit', end);
  const timer = setTimeout(end, minutesMax * 60_000);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code === 0 ? '' : `ended with ${signal ?? `exit code ${code}`}`));
  });
  child.stdin.on('error', () => {}).end(JSON.stringify(request));
  const last: string[] = [];
  createInterface(child.stderr).on('line', (line) => last.splice(0, last.length - 4, line));
  const lines: PeerLine[] = [];
  createInterface(child.stdout).on('line', (line) => {
    lines.push(JSON.parse(line));
    process.stderr.write(`${line.slice(0, 200)}\n`);
  });
  const why = await exited;
  clearTimeout(timer);
  process.off('exit', end);
  end();
  return [lines, why && `${why}: ${last.join(' ').slice(-400)}`];
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // All have ended.
  }
}
