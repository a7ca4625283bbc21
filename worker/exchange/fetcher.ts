import type { Config } from '../../shared/config/config.ts';
import { type ErrorCode, SheafError } from '../../shared/errors.ts';
import type { LocalPart } from '../../shared/exchange/local-parts.ts';
import { exchangePath } from '../../shared/exchange/paths.ts';
import type { DiskQuota } from '../../shared/exchange/quota.ts';
import { SpoolWriter } from '../../shared/exchange/spool-writer.ts';
import type { FlightClient } from '../../shared/flight/client.ts';
import { broken, type FlightFrame } from '../../shared/flight/received.ts';
import type { JobId } from '../../shared/ids.ts';
import { Gate } from '../../shared/rpc/gate.ts';
import type { ExchangePart } from '../../shared/stage/exchange-part.ts';
import { Neighbours } from './neighbours.ts';
import type { Wish } from './protocol.ts';
import { type Pull, pullOfDataset, pullsOfParts } from './pulls.ts';

/** What fetching needs. */
export interface FetcherOptions {
  readonly root: string;
  readonly client: FlightClient;
  readonly config: Config;
  readonly quota: DiskQuota;
}

/** The result of a fetch: where the task's parts lie, and the spool to remove when they are read. */
export interface Fetched {
  readonly parts: readonly LocalPart[];
  readonly spool?: string;
}

/** Codes that mean that a producer's output cannot be had. Anything else is the reader's own failure. */
const producersFault: ReadonlySet<ErrorCode> = new Set([
  'UNREACHABLE',
  'DEADLINE',
  'CANCELLED',
  'FILE_NOT_FOUND',
  'FILE_CORRUPT',
  'QUOTA_EXCEEDED',
  'INTERNAL',
]);

/** Pulls what tasks read from elsewhere into spools on this machine. */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #streams: Gate;
  readonly #neighbours: Neighbours;
  #spools = 0;
  #pulls = 0;
  #bytes = 0;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#neighbours = new Neighbours(options);
    this.#streams = new Gate(options.config.fetchStreamsMax);
  }

  get counts(): { readonly pulls: number; readonly fetchedBytes: number } {
    return { pulls: this.#pulls, fetchedBytes: this.#bytes };
  }

  /**
   * Brings the parts asked for to this machine. Parts that this worker wrote, or one whose files it can open, stay
   * where they are; parts without rows are left out. When it fails or is aborted nothing remains on disk.
   *
   * @throws SheafError `FETCH_FAILED` naming a producer (see `fetchFailureOf`), `DISK_FULL`, `QUOTA_EXCEEDED`, …, or
   *   the signal's reason
   */
  async fetch(wish: Wish, signal: AbortSignal): Promise<Fetched> {
    signal.throwIfAborted();
    if (wish.kind === 'dataset') {
      const { path } = await this.#spool(wish.job, 1, [pullOfDataset(wish)], signal);
      return { spool: path, parts: [{ path, partition: 0 }] };
    }
    const { root, config } = this.#options;
    const parts = wish.parts.filter(({ rows }) => rows > 0);
    const others = parts.filter((part) => part.worker !== wish.self);
    const near = await this.#neighbours.pathsOf(wish.job, others);
    signal.throwIfAborted();
    const remote = others.filter((part) => !near.has(part));
    const pulls = pullsOfParts(wish.job, remote, config.fetchPartsPerCallMax);
    const spool = remote.length === 0 ? undefined : await this.#spool(wish.job, remote.length, pulls, signal);
    const places = new Map(remote.map((part, place) => [part, place]));
    const local = parts.map((part) => {
      const place = places.get(part);
      if (spool !== undefined && place !== undefined)
        return localPart(part, spool.path, place, spool.firstRows.get(place));
      const own = () => exchangePath(root, { kind: 'attempt', key: { job: wish.job, ...part } });
      return localPart(part, near.get(part) ?? own(), part.partition);
    });
    return { parts: local, ...(spool === undefined ? {} : { spool: spool.path }) };
  }

  /** Runs pulls side by side into one spool; the first failure stops the others. */
  async #spool(job: JobId, partitions: number, pulls: readonly Pull[], signal: AbortSignal): Promise<Spooled> {
    this.#spools += 1;
    const owner = { kind: 'spool', job, spool: `${process.pid}-${this.#spools}` } as const;
    const { root, quota, config } = this.#options;
    const bufferBytes = config.exchangeWriteBufferBytes;
    await using spool = await SpoolWriter.open({ root, owner, partitions, bufferBytes, quota });
    const stop = new AbortController();
    const into = { spool, firstRows: new Map<number, number>() };
    const running = pulls.map((pull) => this.#pull(pull, into, AbortSignal.any([signal, stop.signal])));
    try {
      await spool.commit(sameSchema(await Promise.all(running)));
    } catch (error) {
      stop.abort(error);
      await Promise.allSettled(running); // No pull may write to a closed spool.
      throw error;
    }
    return { path: spool.path, firstRows: into.firstRows };
  }

  /** @returns the schema */
  async #pull(pull: Pull, into: Filling, signal: AbortSignal): Promise<Uint8Array> {
    await this.#streams.acquire(signal);
    this.#pulls += 1;
    try {
      return await this.#receive(pull, into, signal);
    } finally {
      this.#streams.release();
    }
  }

  async #receive(pull: Pull, { spool, firstRows }: Filling, signal: AbortSignal): Promise<Uint8Array> {
    const rows = pull.places.map(() => 0);
    let schema: Uint8Array | undefined;
    let written = Promise.resolve();
    for await (const frame of this.#frames(pull, signal)) {
      if (frame.kind === 'schema') schema = frame.schema;
      else {
        const { part, metadata, body, at } = frame;
        const place = pull.places[part]?.partition ?? part;
        if (at !== undefined && !firstRows.has(place)) firstRows.set(place, at);
        await written; // One message is written while the next arrives.
        written = spool.append(place, frame);
        written.catch(() => {}); // Its failure is noticed at the next await, or below.
        rows[part] = (rows[part] ?? 0) + frame.rows;
        this.#bytes += metadata.length + body.length;
      }
    }
    await written;
    const short = pull.places.findIndex((place, part) => place.rows !== undefined && place.rows !== rows[part]);
    if (short >= 0) throw pull.blame(short, broken(`${rows[short]} rows, not ${pull.places[short]?.rows} as reported`));
    if (schema === undefined) throw pull.blame(0, broken('no schema'));
    return schema;
  }

  /**
   * A pull's frames; what fails in getting them is told as its producer's failure. Checksums are left to the pool
   * thread that reads the spool: it checks them anyway and names the producer too, and this thread is one for the whole
   * worker.
   */
  async *#frames(pull: Pull, signal: AbortSignal): AsyncGenerator<FlightFrame> {
    try {
      yield* this.#options.client.doGet(pull.address, pull.ticket, { signal, verify: false });
    } catch (thrown) {
      signal.throwIfAborted();
      const error = SheafError.from(thrown);
      if (!producersFault.has(error.code)) throw error;
      throw pull.blame(Number(error.details?.part ?? 0), error);
    }
  }
}

interface Spooled {
  readonly path: string;
  /** Of parts of which some rows are wanted, by their place in the spool: the partition's row that it begins with. */
  readonly firstRows: ReadonlyMap<number, number>;
}

interface Filling {
  readonly spool: SpoolWriter;
  readonly firstRows: Map<number, number>;
}

/** @param begins the partition's row that the file begins with */
const localPart = (part: ExchangePart, path: string, partition: number, begins = 0): LocalPart => {
  const { stage, task, attempt, worker, rows, firstRow } = part;
  const range = firstRow === undefined ? {} : { firstRow: firstRow - begins };
  return { path, partition, rows, ...range, producer: { stage, task, attempt, worker } };
};

function sameSchema(schemas: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(), ...others] = schemas;
  if (others.every((other) => Buffer.compare(first, other) === 0)) return first;
  throw new SheafError('SCHEMA_MISMATCH', 'The parts of one input came with different schemas', {
    next: 'This looks like a bug in Sheaf: please report it.',
  });
}
