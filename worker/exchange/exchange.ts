import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Config } from '../../shared/config/config.ts';
import { assert, SheafError } from '../../shared/errors.ts';
import type { LocalPart } from '../../shared/exchange/local-parts.ts';
import { DiskQuota } from '../../shared/exchange/quota.ts';
import { type JobId, type WorkerId, workerId } from '../../shared/ids.ts';
import type { ExchangePart } from '../../shared/stage/exchange-part.ts';
import type { SegmentRange } from '../../shared/stage/split.ts';
import type { BulkInput, BulkOptions, BulkOutput, BulkStats, Wish } from './protocol.ts';

/** What a worker's exchange is started with. */
export interface ExchangeOptions {
  /** This worker, whose own parts need no fetch. Set later for a worker that has no name yet. */
  readonly worker?: WorkerId;
  /** The folder of this process's exchange files, from `claimRoot`. */
  readonly root: string;
  /** `host:port` to serve on; default a free port on loopback. */
  readonly listen?: string | undefined;
  readonly token?: string | undefined;
  readonly config: Config;
}

/** How a fetch is made. */
export interface FetchOptions {
  /** A broadcast: all tasks of this worker that fetch the same parts share one copy. Default false. */
  readonly shared?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Fetched input. Dispose it when the task has read it. */
export interface LocalParts extends Disposable {
  /** In producer order, without parts that have no rows. Plain data, for `readParts` in a pool thread. */
  readonly parts: readonly LocalPart[];
}

type Answer = Exclude<BulkOutput, { kind: 'ready' | 'refused' | 'failed' }>;

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: SheafError) => void;
}

/** The worker's exchange as its main thread sees it. The work is done on a thread of its own. */
export class Exchange {
  /** `host:port` of the Flight service that serves this worker's files. */
  readonly address: string;
  /** As this worker is now called: its parts need no fetch. */
  worker: WorkerId;
  /** What this worker's files take on disk. Its `memory` goes to the pool threads' writers. */
  readonly quota: DiskQuota;
  /** Resolves when the bulk thread has ended by itself, which is a bug or a lack of memory: the worker cannot go on. */
  readonly crashed: Promise<SheafError>;
  readonly #thread: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<unknown>;
  #ids = 0;
  #closing = false;

  private constructor(thread: Worker, address: string, worker: WorkerId, quota: DiskQuota) {
    this.worker = worker;
    this.#thread = thread;
    this.address = address;
    this.quota = quota;
    this.#exited = new Promise((resolve) => thread.once('exit', resolve));
    this.crashed = new Promise((resolve) => {
      thread.once('error', (error) => resolve(this.#crash(error)));
      thread.once('exit', (code) => {
        if (!this.#closing) resolve(this.#crash(new Error(`it exited with ${code}`)));
      });
    });
    thread.on('message', (output: BulkOutput) => this.#settle(output));
  }

  /** @throws SheafError as `startServer` does: `PORT_IN_USE`, `OPEN_WITHOUT_TOKEN`, … */
  static async start({ config, worker = workerId(''), ...options }: ExchangeOptions): Promise<Exchange> {
    const quota = new DiskQuota(config.exchangeDiskBytesMax);
    const workerData: BulkOptions = { ...options, config, quotaMemory: quota.memory };
    const url = new URL(`./thread${extname(import.meta.url)}`, import.meta.url);
    const thread = new Worker(url, { workerData, name: 'sheaf-exchange' });
    const first = await new Promise<BulkOutput>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
    });
    if (first.kind === 'refused') throw SheafError.fromData(first.error);
    assert(first.kind === 'ready', `the bulk thread began with ${first.kind}`);
    return new Exchange(thread, first.address, worker, quota);
  }

  /**
   * Brings a task's input to this machine: parts of other workers into a spool, parts of this one as they lie.
   *
   * @throws SheafError `FETCH_FAILED` naming the producer of the first part that could not be had (`fetchFailureOf`
   * reads
   *   it), `CANCELLED`, `DISK_FULL`, `QUOTA_EXCEEDED`, `UNAUTHENTICATED`
   */
  fetch(job: JobId, parts: readonly ExchangePart[], options: FetchOptions = {}): Promise<LocalParts> {
    const { shared = false, signal } = options;
    return this.#fetch({ kind: 'parts', job, parts, shared, self: this.worker }, signal);
  }

  /**
   * Brings segments of a client's dataset here from the coordinator's Flight service.
   *
   * @throws SheafError as `fetch`, but `UNREACHABLE`, `FILE_NOT_FOUND` or `FILE_CORRUPT` in place of `FETCH_FAILED`
   */
  fetchDataset(
    { job, dataset, segments, address }: DatasetRange,
    options: Pick<FetchOptions, 'signal'> = {},
  ): Promise<LocalParts> {
    return this.#fetch({ kind: 'dataset', job, dataset, segments, address }, options.signal);
  }

  /** Stops a job's fetches and removes its files. */
  async dropJob(job: JobId): Promise<void> {
    await this.#ask((id) => ({ kind: 'dropJob', id, job }));
  }

  async stats(): Promise<BulkStats> {
    const answer = await this.#ask((id) => ({ kind: 'stats', id }));
    assert(answer.kind === 'stats', `asked for stats, got ${answer.kind}`);
    return answer.stats;
  }

  /** Lets readers of this worker's files end for so long, then stops the thread. The files stay. */
  async close(graceMs = 0): Promise<void> {
    this.#closing = true;
    this.#post({ kind: 'close', graceMs });
    await this.#exited;
  }

  async #fetch(wish: Wish, signal: AbortSignal | undefined): Promise<LocalParts> {
    signal?.throwIfAborted();
    let fetch = 0;
    const asked = this.#ask((id) => {
      fetch = id;
      return { kind: 'fetch', id, wish };
    });
    const release = () => this.#post({ kind: 'release', id: fetch });
    const answer = await abortable(asked, signal, release);
    assert(answer.kind === 'fetched', `asked for a fetch, got ${answer.kind}`);
    return { parts: answer.parts, [Symbol.dispose]: release };
  }

  #ask(inputOf: (id: number) => BulkInput): Promise<Answer> {
    this.#ids += 1;
    const id = this.#ids;
    return new Promise((resolve, reject) => {
      if (this.#closing) return reject(gone('is closed'));
      this.#pending.set(id, { resolve, reject });
      this.#post(inputOf(id));
    });
  }

  #post(input: BulkInput): void {
    this.#thread.postMessage(input);
  }

  #settle(output: BulkOutput): void {
    if (!('id' in output)) return;
    const pending = this.#pending.get(output.id);
    this.#pending.delete(output.id);
    if (output.kind === 'failed') pending?.reject(SheafError.fromData(output.error));
    else pending?.resolve(output);
  }

  #crash(cause: Error): SheafError {
    const error = gone(`ended by itself: ${cause.message}`, cause);
    this.#closing = true;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    return error;
  }
}

/** Segments of a client's dataset. */
export interface DatasetRange {
  readonly job: JobId;
  readonly dataset: string;
  readonly segments: SegmentRange;
  /** Where it is spooled. */
  readonly address: string;
}

const gone = (what: string, cause?: unknown): SheafError =>
  new SheafError('INTERNAL', `The thread for exchange traffic ${what}`, { cause, retryable: true });

/** The promise, or the signal's reason, whichever comes first; in the latter case `abandon` is called. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined, abandon: () => void): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => {
    abandon();
    reject(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
