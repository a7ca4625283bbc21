import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A child process that prints a JSON document per line. */
export interface TalkingProcess extends AsyncDisposable {
  readonly pid: number;
  /** All lines so far. */
  readonly said: readonly unknown[];
  /** The first line, of those said and those to come, that fits. Rejects when the process ends before. */
  hear<Line>(fits: (line: Line) => boolean): Promise<Line>;
  signal(name: NodeJS.Signals): void;
}

/** Starts `node FILE ARGS…`. Its standard input is a pipe, so that it can end when its parent does. */
export function startScript(file: URL, ...args: string[]): TalkingProcess {
  const child = spawn(process.execPath, [file.pathname, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  return new Talking(child);
}

class Talking implements TalkingProcess {
  readonly said: unknown[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Set<{ readonly hear: (line: unknown) => void; readonly end: (error: Error) => void }>();
  #ended = false;

  constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    createInterface(child.stdout).on('line', (line) => this.#heard(JSON.parse(line)));
    child.once('close', (code, signal) => {
      this.#ended = true;
      for (const { end } of this.#waiting) end(new Error(`the process ended (${code ?? signal})`));
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  hear<Line>(fits: (line: Line) => boolean): Promise<Line> {
    const found = this.said.find((line) => fits(line as Line));
    if (found !== undefined) return Promise.resolve(found as Line);
    if (this.#ended) return Promise.reject(new Error('the process has ended'));
    return new Promise((resolve, reject) => {
      const waiting = {
        hear: (line: unknown) => {
          if (!fits(line as Line)) return;
          this.#waiting.delete(waiting);
          resolve(line as Line);
        },
        end: reject,
      };
      this.#waiting.add(waiting);
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }

  #heard(line: unknown): void {
    this.said.push(line);
    for (const { hear } of this.#waiting) hear(line);
  }
}
