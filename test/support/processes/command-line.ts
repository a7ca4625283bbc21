import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../../bin/sheaf.js', import.meta.url));
const preload = fileURLToPath(new URL('../../../cli/', import.meta.url));

/** What a command printed, and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  /** Resolves as soon as stdout or stderr holds this. */
  printed(text: RegExp): Promise<RegExpExecArray>;
  /** What stands on stderr so far. */
  stderr(): string;
}

/** The command line in a place of its own, where what it leaves can be told. */
export class CommandLine implements AsyncDisposable {
  /** Where temporary files go; its name stands in the arguments of every process of an embedded cluster. */
  readonly folder = mkdtempSync(join(tmpdir(), 'command-line-'));
  readonly #running = new Set<ChildProcess>();

  start(args: readonly string[], cwd = process.cwd(), env: NodeJS.ProcessEnv = {}): Running {
    const { SHEAF_CLUSTER: _, ...own } = process.env;
    const child = spawn(process.execPath, [bin, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd,
      env: { ...own, TMPDIR: this.folder, NO_COLOR: '1', ...env },
    });
    this.#running.add(child);
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (said.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (said.stderr += text));
    const ended = new Promise<Outcome>((resolve) => child.once('close', (code) => resolve({ code, ...said })));
    void ended.then(() => this.#running.delete(child));
    const printed = async (text: RegExp): Promise<RegExpExecArray> => {
      for (let tries = 0; tries < 1200; tries += 1) {
        const found = text.exec(said.stdout) ?? text.exec(said.stderr);
        if (found) return found;
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${said.stderr}`);
        await pause(25);
      }
      throw new Error(`it never printed ${text}: ${said.stdout}${said.stderr}`);
    };
    return { child, ended, printed, stderr: () => said.stderr };
  }

  run(...args: string[]): Promise<Outcome> {
    return this.start(args).ended;
  }

  /** Command lines of the processes that belong to this place. */
  processes(): string[] {
    return execFileSync('ps', ['-eo', 'pid,args', '--no-headers'], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(this.folder) && line.includes(preload));
  }

  /** Waits until no process and no file is left, but for the test's own; says what is. */
  async left(own: readonly string[] = []): Promise<string[]> {
    let left: string[] = [];
    for (let tries = 0; tries < 200; tries += 1) {
      left = [...this.processes(), ...readdirSync(this.folder).filter((name) => !own.includes(name))];
      if (left.length === 0) break;
      await pause(50);
    }
    return left;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
    await this.left(readdirSync(this.folder));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
