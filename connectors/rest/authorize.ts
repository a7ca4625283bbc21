import { SheafError } from '../../shared/errors.ts';
import type { ParsedRest } from './options.ts';
import type { Send } from './send.ts';

type Auth = NonNullable<ParsedRest['auth']>;

/** Headers that say who asks. Tokens of OAuth 2 are kept for as long as they are good. */
export class Authorizer {
  readonly #auth: Auth | undefined;
  readonly #send: Send;
  #token: Promise<{ readonly text: string; readonly expiresMs: number }> | undefined;

  constructor(auth: Auth | undefined, send: Send) {
    this.#auth = auth;
    this.#send = send;
  }

  async headers(nowMs: number): Promise<Record<string, string>> {
    const auth = this.#auth;
    if (auth === undefined) return {};
    if (auth.kind === 'bearer') return { authorization: `Bearer ${auth.token}` };
    if (auth.kind === 'apiKey') return auth.header === undefined ? {} : { [auth.header.toLowerCase()]: auth.key };
    if (auth.kind === 'basic') {
      return { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` };
    }
    return { authorization: `Bearer ${await this.#tokenOf(auth, nowMs)}` };
  }

  /** The server refused what was sent: whether it is worth asking again, with a new token. */
  refused(): boolean {
    if (this.#auth?.kind !== 'oauth2') return false;
    this.#token = undefined;
    return true;
  }

  async #tokenOf(auth: Extract<Auth, { kind: 'oauth2' }>, nowMs: number): Promise<string> {
    const held = await this.#token?.catch(() => undefined);
    if (held && held.expiresMs > nowMs) return held.text;
    this.#token = this.#ask(auth, nowMs);
    return (await this.#token).text;
  }

  async #ask({ tokenUrl, clientId, clientSecret, scope }: Extract<Auth, { kind: 'oauth2' }>, nowMs: number) {
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) });
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64');
    const { body } = await this.#send({
      method: 'POST',
      url: tokenUrl,
      headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    const { access_token: text, expires_in: seconds = 300 } = (body ?? {}) as {
      access_token?: unknown;
      expires_in?: unknown;
    };
    if (typeof text !== 'string') {
      throw new SheafError('SOURCE_FAILED', `${new URL(tokenUrl).origin} answers with no access_token`, {
        next: 'Check the token URL, the client and its scope.',
      });
    }
    return { text, expiresMs: nowMs + Math.max(0, Number(seconds) * 1000 - earlyMs) };
  }
}

/** A token is renewed before it expires: a request takes time. */
const earlyMs = 10_000;
