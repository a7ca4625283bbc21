import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { type ErrorCode, SheafError } from '../errors.ts';
import type { RootSign } from '../exchange/root-sign.ts';
import type { CallOptions } from '../rpc/client.ts';
import { Connections } from './connections.ts';
import { flightContract, pingAction, rootAction } from './contract.ts';
import { parseFrame } from './frame.ts';
import { broken, type FlightFrame, Received } from './received.ts';
import { encodeTicket, type Ticket } from './ticket.ts';

/** How a pull is made. */
export interface PullOptions {
  readonly signal?: AbortSignal | undefined;
  /** Check each batch's CRC on arrival. Default true. */
  readonly verify?: boolean;
}

/** What may pass by itself: the server is away or busy, the connection broke. */
const transient: ReadonlySet<ErrorCode> = new Set([
  'UNREACHABLE',
  'DEADLINE',
  'QUOTA_EXCEEDED',
  'CANCELLED',
  'INTERNAL',
]);

/** Pulls from the Flight services of workers and coordinators. */
export class FlightClient implements Disposable {
  readonly #config: Config;
  readonly #connections: Connections;

  constructor({ config, token }: { readonly config: Config; readonly token?: string | undefined }) {
    this.#config = config;
    this.#connections = new Connections(config, token);
  }

  /**
   * Yields the schema, then the batches of the ticket's parts in their order. A pull that breaks is taken up where it
   * stopped; it ends normally only when all has arrived that the server counted. Leaving the loop cancels it.
   *
   * @throws SheafError with `details.part`, the part's place in the ticket: `UNREACHABLE`, `FILE_NOT_FOUND`,
   *   `FILE_CORRUPT` (damaged or incomplete), `CANCELLED`, `UNAUTHENTICATED`
   */
  async *doGet(address: string, ticket: Ticket, options: PullOptions = {}): AsyncGenerator<FlightFrame> {
    const received = new Received(ticket, options.verify ?? true);
    for (let tries = 0; ; tries++) {
      try {
        for await (const frame of this.#once(address, received.rest(ticket), received, options.signal)) {
          tries = 0;
          yield frame;
        }
        if (received.complete) return;
        throw broken('no end');
      } catch (thrown) {
        const error = SheafError.from(thrown);
        const again = transient.has(error.code) && tries < this.#config.fetchRetriesMax && !options.signal?.aborted;
        if (!again) throw located(error, received.part, address);
      }
      await pause(
        this.#config.fetchBackoffMs * 2 ** tries,
        undefined,
        options.signal ? { signal: options.signal } : {},
      );
    }
  }

  /**
   * Asks who is at an address.
   *
   * @throws SheafError `UNREACHABLE`, `DEADLINE`, `UNAUTHENTICATED`, `VERSION_MISMATCH` (no Flight service)
   */
  async ping(address: string, options: CallOptions = {}): Promise<{ readonly version: string }> {
    return (await this.#act(address, pingAction, options)) as { version: string };
  }

  /**
   * Asks where the files lie that an address serves; undefined if nobody is to open them.
   *
   * @throws SheafError as `ping`; `NOT_SUPPORTED`
   */
  async rootOf(address: string, options: CallOptions = {}): Promise<RootSign | undefined> {
    return ((await this.#act(address, rootAction, options)) as { root?: RootSign }).root;
  }

  [Symbol.dispose](): void {
    this.#connections[Symbol.dispose]();
  }

  /** The first answer to an action. */
  async #act(address: string, type: string, options: CallOptions): Promise<unknown> {
    using used = this.#connections.use(address);
    const { doAction } = used.connection.client(flightContract());
    const timeoutMs = options.timeoutMs ?? this.#config.rpcTimeoutMs;
    for await (const { body } of doAction({ type, body: new Uint8Array() }, { ...options, timeoutMs })) {
      return JSON.parse(Buffer.from(body).toString('utf8'));
    }
    throw broken(`no answer to ${type}`);
  }

  /** One call: until it ends, breaks, or brings nothing for too long. */
  async *#once(address: string, ticket: Ticket, received: Received, signal?: AbortSignal): AsyncGenerator<FlightFrame> {
    using used = this.#connections.use(address);
    using idle = new IdleSignal(address, this.#config.fetchIdleMs);
    const both = signal === undefined ? idle.signal : AbortSignal.any([signal, idle.signal]);
    const { doGet } = used.connection.client(flightContract());
    for await (const bytes of doGet({ ticket: encodeTicket(ticket) }, { signal: both })) {
      idle.pause();
      const frame = received.accept(parseFrame(bytes));
      if (frame !== undefined) yield frame;
      idle.resume();
    }
  }
}

/** Aborts when nothing has come for so long while somebody waited. */
class IdleSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #abort: () => void;
  readonly #idleMs: number;
  #timer: NodeJS.Timeout;

  constructor(address: string, idleMs: number) {
    this.#idleMs = idleMs;
    this.#abort = () => this.#controller.abort(silent(address, idleMs));
    this.#timer = setTimeout(this.#abort, idleMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  pause(): void {
    clearTimeout(this.#timer);
  }

  resume(): void {
    this.#timer = setTimeout(this.#abort, this.#idleMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

const silent = (address: string, idleMs: number): SheafError =>
  new SheafError('DEADLINE', `${address} sent nothing for ${idleMs} ms in the middle of a pull`, {
    retryable: true,
    next: 'Check whether that process is stopped, or its disk hangs.',
  });

function located(error: SheafError, part: number, address: string): SheafError {
  return new SheafError(error.code, error.message, {
    ...error.toData(),
    cause: error,
    details: { part, address, ...error.details },
  });
}
