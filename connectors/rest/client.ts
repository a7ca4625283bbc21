import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import { withRetries } from '../../shared/retry.ts';
import { redact } from '../../shared/secrets.ts';
import { Authorizer } from './authorize.ts';
import type { ParsedRest } from './options.ts';
import type { Answer } from './pagination.ts';
import { placeOf } from './place.ts';
import { rowsOf } from './rows.ts';
import { Connections, Failed, type Response } from './send.ts';

/** Waits for the turn of a request among all of the cluster. */
export type Turn = () => Promise<void>;

/** A page with its rows. */
export interface Page extends Answer {
  readonly list: readonly unknown[];
}

/**
 * Asks an API for pages: with who we are, in the turn of the cluster's limit, again after what passes. Close it.
 */
export class RestClient implements AsyncDisposable {
  readonly #options: ParsedRest;
  readonly #config: Config;
  readonly #signal: AbortSignal;
  readonly #turn: Turn;
  readonly #connections: Connections;
  readonly #authorizer: Authorizer;

  constructor(options: ParsedRest, config: Config, signal: AbortSignal, turn: Turn) {
    this.#options = options;
    this.#config = config;
    this.#signal = signal;
    this.#turn = turn;
    this.#connections = new Connections(config, signal);
    this.#authorizer = new Authorizer(options.auth, (request) => this.#connections.send(request));
  }

  /**
   * @throws SheafError `SOURCE_FAILED`, `PERMISSION_DENIED`, `UNAUTHENTICATED`, naming the address without its query
   */
  async page(url: string): Promise<Page> {
    const { headers, body, url: from } = await this.#get(url);
    const list = rowsOf(body, this.#options.rows, placeOf(from));
    return { url: from, headers, body, rows: list.length, list };
  }

  async #get(url: string): Promise<Response> {
    const { restAttemptsMax, restRetryDelayMs, restRetryDelayMsMax } = this.#config;
    try {
      return await withRetries(() => this.#attempt(url), {
        ...{ attemptsMax: restAttemptsMax, signal: this.#signal },
        backoff: { firstDelayMs: restRetryDelayMs, delayMsMax: restRetryDelayMsMax, jitter: 0.5 },
        isPassing: (thrown) => thrown instanceof Failed && thrown.isPassing && this.#mayWait(thrown),
        askedMs: (thrown) => (thrown instanceof Failed ? thrown.retryAfterMs : undefined),
      });
    } catch (thrown) {
      this.#signal.throwIfAborted();
      throw thrown instanceof Failed ? failure(thrown, url, restAttemptsMax) : thrown;
    }
  }

  /** A token that has expired meanwhile is renewed once. */
  async #attempt(url: string): Promise<Response> {
    const own = await this.#inTurn();
    try {
      return await this.#ask(url, own);
    } catch (thrown) {
      if (!(thrown instanceof Failed) || thrown.status !== 401 || !this.#authorizer.refused(own)) throw thrown;
      return await this.#ask(url, await this.#inTurn());
    }
  }

  async #inTurn(): Promise<Readonly<Record<string, string>>> {
    await this.#turn();
    return await this.#authorizer.headers(Date.now());
  }

  #ask(url: string, own: Readonly<Record<string, string>>): Promise<Response> {
    return this.#connections.send({ method: 'GET', url, headers: { ...this.#options.headers, ...own } });
  }

  #mayWait({ retryAfterMs }: Failed): boolean {
    return retryAfterMs === undefined || retryAfterMs <= this.#config.restRetryAfterMsMax;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections[Symbol.asyncDispose]();
  }
}

/** What helps depends on whether anybody answered. */
function nextOf(status: number | undefined, isPassing: boolean): string {
  if (status === undefined && isPassing)
    return 'Is it there, and can this machine reach it? Otherwise run again later.';
  return isPassing ? 'Ask less often (requestsPerSecond), or run again later.' : 'Check the address and the options.';
}

function failure({ message, status, isPassing, retryAfterMs }: Failed, url: string, attempts: number): SheafError {
  const place = placeOf(url);
  if (status === 401 || status === 403) {
    return new SheafError('UNAUTHENTICATED', redact(`${place} refuses us: ${message}`), {
      next: 'Check the secret that the source names, and what it may read.',
    });
  }
  const tried = isPassing ? ` after ${attempts} attempts` : '';
  const asked = retryAfterMs === undefined ? '' : `, and asks to wait ${Math.ceil(retryAfterMs / 1000)} s`;
  return new SheafError('SOURCE_FAILED', redact(`${place}${tried}: ${message}${asked}`), {
    retryable: isPassing,
    next: nextOf(status, isPassing),
  });
}
