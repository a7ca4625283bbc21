import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../shared/config/config.ts';
import type { Logger } from '../../shared/log.ts';
import { share, startUsage, type Usage } from './usage.ts';

/** What the meter of a worker's usage needs. */
export interface UsageMeterOptions {
  readonly config: Pick<Config, 'usageSampleMs' | 'workerOverheadBytes'>;
  /** Of the kernel. */
  readonly memoryLimitBytes: number;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Measures what running attempts take of the worker, by looking every `usageSampleMs` while any runs. The databases are
 * shared, and DuckDB does not say whose buffers it spills: see `Usage` for how it is shared out.
 */
export class UsageMeter implements Disposable {
  readonly #directories: readonly string[];
  readonly #options: UsageMeterOptions;
  readonly #running = new Set<Usage>();
  #spillBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  #warned = false;

  /** @param directories where DuckDB spills; they need not exist yet */
  constructor(directories: readonly string[], options: UsageMeterOptions) {
    this.#directories = directories;
    this.#options = options;
  }

  /** An attempt begins. Its usage grows until it is stopped, with a last look. */
  start(): Usage & { stop(): Usage } {
    this.#look();
    const usage = startUsage(peakBytes());
    this.#running.add(usage);
    this.#timer ??= setInterval(() => this.#look(), this.#options.config.usageSampleMs).unref();
    const stop = () => {
      if (this.#running.has(usage)) this.#look();
      this.#running.delete(usage);
      if (this.#running.size === 0) this[Symbol.dispose]();
      return usage;
    };
    return Object.assign(usage, { stop });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const spillBytes = this.#directories.reduce((sum, directory) => sum + bytesIn(directory), 0);
    const sample = { spillBytes, rssBytes: process.memoryUsage.rss(), peakRssBytes: peakBytes() };
    share(this.#running, this.#spillBytes, sample);
    this.#spillBytes = spillBytes;
    this.#warn(sample.rssBytes);
  }

  #warn(rssBytes: number): void {
    const { memoryLimitBytes, config, log } = this.#options;
    if (this.#warned || rssBytes <= memoryLimitBytes + config.workerOverheadBytes) return;
    this.#warned = true;
    log.warn({ rssBytes, memoryLimitBytes }, 'the process holds more than its memory limit and workerOverheadBytes');
  }
}

/** Files that go meanwhile count as gone. */
function bytesIn(directory: string): number {
  const sizes = readable(() => readdirSync(directory), []).map((name) =>
    readable(() => statSync(join(directory, name)).size, 0),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The most memory that this process ever held; 0 where the system does not say. */
function peakBytes(): number {
  const status = readable(() => readFileSync('/proc/self/status', 'utf8'), '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
