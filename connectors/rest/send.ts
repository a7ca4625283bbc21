import { Agent, request } from 'undici';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import { redact } from '../../shared/secrets.ts';
import { checkHost, guardedLookup } from '../net/metadata-addresses.ts';
import { placeOf } from './place.ts';

/** One request as it goes out. */
export interface Request {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One answer, its body read. */
export interface Response {
  readonly status: number;
  /** After redirects. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Parsed JSON; undefined of an empty answer. */
  readonly body: unknown;
}

/** One request to its answer, following redirects. Answers other than 2xx are errors. */
export type Send = (request: Request) => Promise<Response>;

/** What went wrong with one attempt, and whether another may succeed. */
export class Failed extends Error {
  readonly status: number | undefined;
  readonly isPassing: boolean;
  /** What the server asks to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, facts: { status?: number; isPassing: boolean; retryAfterMs?: number; cause?: unknown }) {
    super(message, { cause: facts.cause });
    this.status = facts.status;
    this.isPassing = facts.isPassing;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

type Limits = Pick<Config, 'restTimeoutMs' | 'restPageBytesMax' | 'restRedirectsMax'>;

/** Connections to servers, which never go to addresses where clouds keep credentials. Close it. */
export class Connections implements AsyncDisposable {
  readonly #agent: Agent;
  readonly #limits: Limits;
  readonly #signal: AbortSignal;

  constructor(limits: Limits, signal: AbortSignal) {
    this.#limits = limits;
    this.#signal = signal;
    const timeout = { headersTimeout: limits.restTimeoutMs, bodyTimeout: limits.restTimeoutMs };
    this.#agent = new Agent({ ...timeout, connect: { lookup: guardedLookup(false), timeout: limits.restTimeoutMs } });
  }

  /** @throws Failed, or SheafError `PERMISSION_DENIED` for an address that is refused */
  async send(asked: Request): Promise<Response> {
    let { url } = asked;
    let headers = asked.headers;
    for (let hops = 0; ; hops++) {
      const answer = await this.#once({ ...asked, url, headers });
      const location = answer.status >= 300 && answer.status < 400 ? answer.headers.location : undefined;
      if (typeof location !== 'string') return checked(answer);
      if (hops >= this.#limits.restRedirectsMax)
        throw new Failed(`it redirects more than ${hops} times`, { isPassing: false });
      const next = new URL(location, url);
      if (next.protocol !== 'https:' && new URL(url).protocol === 'https:') {
        throw new Failed('it redirects from https to http', { isPassing: false });
      }
      // Who we are is for the server that was named, not for another one.
      if (next.origin !== new URL(url).origin) headers = {};
      url = next.href;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #once({ method, url, headers, body }: Request): Promise<Response> {
    checkHost(new URL(url).hostname, false);
    try {
      const common = { accept: 'application/json', 'accept-encoding': 'gzip, deflate, br', ...headers };
      const {
        statusCode,
        headers: received,
        body: stream,
      } = await request(url, {
        method,
        headers: common,
        body: body ?? null,
        dispatcher: this.#agent,
        signal: this.#signal,
      });
      const text = await textOf(stream, received['content-encoding'], this.#limits.restPageBytesMax);
      return { status: statusCode, url, headers: received, body: statusCode < 300 ? parsed(text, url) : text };
    } catch (thrown) {
      this.#signal.throwIfAborted();
      if (thrown instanceof Failed || thrown instanceof SheafError) throw thrown;
      const { cause } = thrown as Error;
      if (cause instanceof SheafError) throw cause;
      throw new Failed((thrown as Error).message, { isPassing: true, cause: thrown });
    }
  }
}

const passing = new Set([408, 425, 429, 500, 502, 503, 504]);
const shownCharacters = 200;

function checked(answer: Response): Response {
  const { status, body, headers } = answer;
  if (status >= 200 && status < 300) return answer;
  // First without secrets, then short: half a secret would not be known for one.
  const text = typeof body === 'string' ? redact(body).slice(0, shownCharacters) : '';
  const retryAfterMs = retryAfter(headers['retry-after'], Date.now());
  throw new Failed(`it answers ${status}${text === '' ? '' : `: ${text}`}`, {
    status,
    isPassing: passing.has(status),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(header: string | readonly string[] | undefined, nowMs: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function parsed(text: string, url: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Failed(
      `${placeOf(url)} answers with something else than JSON: ${redact(text).slice(0, shownCharacters)}`,
      {
        isPassing: false,
        cause,
      },
    );
  }
}

/** Decompressed as it comes, up to the limit: a small answer may hold a lot. */
async function textOf(
  stream: AsyncIterable<Uint8Array> & NodeJS.ReadableStream,
  encoding: string | string[] | undefined,
  bytesMax: number,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of await expanded(stream, encoding)) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax)
      throw new Failed(`its answer has more than ${bytesMax} bytes (restPageBytesMax)`, { isPassing: false });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function expanded(
  stream: AsyncIterable<Uint8Array> & NodeJS.ReadableStream,
  encoding: string | string[] | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  if (encoding === undefined || encoding === 'identity') return stream;
  const { createBrotliDecompress, createGunzip, createInflate } = await import('node:zlib');
  const makers = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress };
  const make = Object.hasOwn(makers, String(encoding)) ? makers[String(encoding) as keyof typeof makers] : undefined;
  if (make === undefined) throw new Failed(`its answer is compressed as ${String(encoding)}`, { isPassing: false });
  const expand = make();
  stream.on('error', (error: Error) => expand.destroy(error));
  return stream.pipe(expand) as unknown as AsyncIterable<Uint8Array>;
}
