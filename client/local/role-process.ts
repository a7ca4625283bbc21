import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { SheafError } from '../../shared/errors.ts';
import { compileCacheFolder } from './compile-cache.ts';
import type { FromRole, RoleOptions, ToRole } from './messages.ts';

/** What a child process is started with. */
export interface RoleProcessOptions {
  /** For people: `coordinator`, `worker 1`. */
  readonly name: string;
  /** The file to run. */
  readonly entry: URL;
  readonly role: RoleOptions;
  readonly stopLimitMs: number;
  /** Where the child's own output goes, each line with its name in front. */
  readonly output: Writable;
}

/**
 * One process of an embedded cluster. It lives as long as the IPC channel to it: when this process ends, by whatever
 * means, the channel closes and the child stops and removes its files.
 */
export class RoleProcess {
  /** The coordinator's address, once it is ready; rejects if the process ends before that. */
  readonly ready: Promise<string>;
  readonly #exited: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #options: RoleProcessOptions;

  constructor(options: RoleProcessOptions) {
    this.#options = options;
    const { SHEAF_CLUSTER: _, ...env } = process.env;
    const child = spawn(process.execPath, [options.entry.pathname, JSON.stringify(options.role)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { NODE_COMPILE_CACHE: compileCacheFolder(), ...env },
    });
    this.#child = child;
    const outputs = [child.stdout, child.stderr].filter((stream) => stream !== null);
    for (const stream of outputs) prefixLines(stream, options);
    // Not its 'close' event: that never comes when this side closed the channel.
    const exit = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
    this.#exited = Promise.all([exit, ...outputs.map((stream) => finished(stream))]);
    this.ready = this.#readiness();
    // Its starter awaits `ready`. When two children fail, the second must not be an unhandled rejection.
    this.ready.catch(() => {}).finally(() => this.#hold('unref'));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToRole): void {
    if (this.#child.connected) this.#child.send(message, () => {}); // A child that has gone is noticed by its exit.
  }

  /** Closes the channel and waits for the child to end; kills it after the limit. */
  async stop(): Promise<void> {
    this.#hold('ref');
    if (this.#child.connected) this.#child.disconnect();
    const deadline = setTimeout(() => this.#child.kill('SIGKILL'), this.#options.stopLimitMs);
    await this.#exited;
    clearTimeout(deadline);
  }

  /**
   * Whether the child keeps this process alive: while it starts and while it stops, but not in between.
   */
  #hold(how: 'ref' | 'unref'): void {
    this.#child[how]();
    this.#child.channel?.[how]();
    for (const stream of [this.#child.stdout, this.#child.stderr]) (stream as Partial<Socket> | null)?.[how]?.();
  }

  #readiness(): Promise<string> {
    const { name } = this.#options;
    return new Promise((resolve, reject) => {
      this.#child.once('error', (cause) => reject(startError(name, cause.message, cause)));
      this.#child.once('exit', (code, signal) => reject(startError(name, signal ?? `exit code ${code}`)));
      this.#child.on('message', (message: FromRole) => {
        if (message.kind === 'ready') resolve(message.address);
        else reject(SheafError.fromData(message.error));
      });
    });
  }
}

const startError = (name: string, how: string, cause?: unknown): SheafError =>
  new SheafError('INTERNAL', `The embedded ${name} stopped while it started (${how})`, {
    cause,
    next: 'Its last messages stand above, on stderr.',
  });

function prefixLines(stream: Readable, { name, output }: RoleProcessOptions): void {
  createInterface({ input: stream }).on('line', (line) => output.write(`[${name}] ${line}\n`));
}
