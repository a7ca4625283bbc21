import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endGuarded, killGuard } from '../processes/guarded.ts';
import { freePort } from '../processes/processes.ts';
import { findProgram } from '../requirements.ts';

/** A real etcd of one member, with free ports and its data in a temporary folder. */
export interface TestEtcd extends AsyncDisposable {
  /** `127.0.0.1:port` for clients. */
  readonly endpoint: string;
  /** kill -9. Its data stay. */
  kill(): Promise<void>;
  /** Starts it again, at the same address with the same data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** @throws Error that says what to install if etcd is missing */
export async function startEtcd(): Promise<TestEtcd> {
  const program = findProgram('etcd');
  if (!program) throw new Error('etcd is not installed: apt-get install etcd-server');
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-etcd-'));
  const etcd = new RunningEtcd(program, folder, await freePort(), await freePort());
  await etcd.start();
  return etcd;
}

class RunningEtcd implements TestEtcd {
  readonly endpoint: string;
  readonly #command: readonly string[];
  readonly #folder: string;
  #shell: ChildProcess | undefined;

  constructor(program: string, folder: string, port: number, peerPort: number) {
    const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
    this.endpoint = `127.0.0.1:${port}`;
    this.#folder = folder;
    const urls = [`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`, `--listen-peer-urls=${peer}`];
    const cluster = [`--initial-advertise-peer-urls=${peer}`, `--initial-cluster=test=${peer}`, '--name=test'];
    const quick = ['--heartbeat-interval=50', '--election-timeout=500'];
    this.#command = [program, `--data-dir=${join(folder, 'data')}`, ...urls, ...cluster, ...quick];
  }

  async start(): Promise<void> {
    this.#shell = spawn('sh', ['-c', killGuard, 'sh', ...this.#command], { stdio: ['pipe', 'ignore', 'inherit'] });
    for (let tries = 0; !(await this.#isHealthy()); tries++) {
      if (tries > 200) throw new Error(`etcd did not become healthy: ${this.#command.join(' ')}`);
      await pause(50);
    }
  }

  async kill(): Promise<void> {
    await endGuarded(this.#shell);
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #isHealthy(): Promise<boolean> {
    try {
      const response = await fetch(`http://${this.endpoint}/health`, { signal: AbortSignal.timeout(1000) });
      return (await response.text()).includes('true');
    } catch {
      return false; // Not listening yet.
    }
  }
}
