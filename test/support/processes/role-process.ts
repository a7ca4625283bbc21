import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../bin/sheaf.js', import.meta.url));
const endWithParent = new URL('./end-with-parent.ts', import.meta.url).href;

/** How a process ended: its exit code, or the signal that killed it. */
export type Ending = number | NodeJS.Signals;

/** What a role's process is started with. */
export interface RoleProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Drops to this user: the tests run as root, whom no permission stops. */
  readonly uid?: number | undefined;
  /** No file of its becomes larger than so many KiB, as if the disk were full. */
  readonly fileBlocksMax?: number | undefined;
}

/** What a role says of itself on its first line. */
interface Greeting {
  readonly address: string;
  readonly pid: number;
}

/** A coordinator or worker as a real process, `sheaf coordinator …` or `sheaf worker …`, with its log kept. */
export class RoleProcess implements AsyncDisposable {
  /** Resolves when it ends. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #log: string[] = [];
  readonly #greeting: Promise<Greeting>;

  constructor(args: readonly string[], { env = {}, uid, fileBlocksMax }: RoleProcessOptions = {}) {
    const command = [process.execPath, '--import', endWithParent, program, ...args, '--json'];
    const limited = ['bash', '-c', `trap '' XFSZ; ulimit -f ${fileBlocksMax}; exec "$0" "$@"`];
    const [file = '', ...rest] = fileBlocksMax === undefined ? command : [...limited, ...command];
    this.#child = spawn(file, rest, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    const { stdout, stderr } = this.#child;
    if (!stdout || !stderr) throw new Error('its output is a pipe');
    createInterface({ input: stderr }).on('line', (line) => this.#log.push(line));
    this.ended = once(this.#child, 'close').then(([code, signal]) => (code ?? signal) as Ending);
    const first = once(createInterface({ input: stdout }), 'line').then(([line]) => JSON.parse(line) as Greeting);
    const early = this.ended.then((how) => Promise.reject(new Error(`it ended (${how}):\n${this.log}`)));
    this.#greeting = Promise.race([first, early]);
    this.#greeting.catch(() => {}); // Told to whoever waits for it.
  }

  /** Resolves with `host:port` when it listens; rejects with its log if it ends before. */
  get address(): Promise<string> {
    return this.#greeting.then(({ address }) => address);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** All that it wrote to stderr so far. */
  get log(): string {
    return this.#log.join('\n');
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** SIGTERM, then how it ended. */
  async terminate(): Promise<Ending> {
    this.signal('SIGTERM');
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
