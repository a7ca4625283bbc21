import { DiskQuota } from '../../shared/exchange/quota.ts';
import { dropJob, removeFile } from '../../shared/exchange/root.ts';
import { signRoot } from '../../shared/exchange/root-sign.ts';
import { FlightClient } from '../../shared/flight/client.ts';
import { startFlightServer } from '../../shared/flight/server.ts';
import { FileSource } from '../../shared/flight/source.ts';
import type { JobId } from '../../shared/ids.ts';
import type { RunningServer } from '../../shared/rpc/server.ts';
import { Fetcher } from './fetcher.ts';
import { Holdings } from './holdings.ts';
import type { BulkInput, BulkOptions, BulkOutput, BulkStats } from './protocol.ts';

/** What runs on the bulk thread: serves this worker's exchange files and fetches others'. */
export class BulkExchange {
  readonly #root: string;
  readonly #server: RunningServer;
  readonly #client: FlightClient;
  readonly #quota: DiskQuota;
  readonly #fetcher: Fetcher;
  readonly #holdings: Holdings;

  private constructor(options: BulkOptions, server: RunningServer) {
    const { root, config, token, quotaMemory } = options;
    this.#root = root;
    this.#server = server;
    this.#client = new FlightClient({ config, token });
    this.#quota = new DiskQuota(config.exchangeDiskBytesMax, quotaMemory);
    this.#fetcher = new Fetcher({ root, config, client: this.#client, quota: this.#quota });
    this.#holdings = new Holdings({
      fetch: (wish, signal) => this.#fetcher.fetch(wish, signal),
      remove: (spool) => removeFile(spool, this.#quota),
    });
  }

  /** @throws SheafError as `startServer` does */
  static async start(options: BulkOptions): Promise<BulkExchange> {
    const { root, config, listen, token } = options;
    const source = new FileSource(root, config.exchangeIndexCacheMax);
    return new BulkExchange(options, await startFlightServer({ source, root: signRoot(root), listen, token, config }));
  }

  /** `host:port` of the Flight service. */
  get address(): string {
    return this.#server.address;
  }

  /** Answers one message of the main thread. */
  async handle(input: BulkInput): Promise<BulkOutput | undefined> {
    switch (input.kind) {
      case 'fetch':
        return { kind: 'fetched', id: input.id, parts: await this.#holdings.hold(input.id, input.wish) };
      case 'release':
        await this.#holdings.release(input.id);
        return undefined;
      case 'dropJob':
        await this.#dropJob(input.job);
        return { kind: 'dropped', id: input.id };
      case 'stats':
        return { kind: 'stats', id: input.id, stats: this.#stats() };
      case 'close':
        await Promise.all([this.#server.close(input.graceMs), this.#holdings.drop()]);
        this.#client[Symbol.dispose]();
        return undefined;
    }
  }

  async #dropJob(job: JobId): Promise<void> {
    await this.#holdings.drop(job);
    await dropJob(this.#root, job, this.#quota);
  }

  #stats(): BulkStats {
    return { ...this.#fetcher.counts, held: this.#holdings.count, diskBytes: this.#quota.bytes };
  }
}
