import { SheafError } from '../../shared/errors.ts';
import { rememberDerived } from '../../shared/secrets.ts';
import type { ParsedRest } from './options.ts';
import type { Send } from './send.ts';

type Auth = NonNullable<ParsedRest['auth']>;
type OAuth = Extract<Auth, { kind: 'oauth2' }>;

interface Token {
  readonly text: string;
  readonly expiresMs: number;
}

/** Headers that say who asks. Tokens of OAuth 2 are kept for as long as they are good. */
export class Authorizer {
  readonly #auth: Auth | undefined;
  readonly #send: Send;
  #token: Promise<Token> | undefined;
  /** A token that is no longer accepted, whatever lifetime it was given. */
  #refused: string | undefined;

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
      return { authorization: `Basic ${encoded(`${auth.user}:${auth.password}`)}` };
    }
    return { authorization: `Bearer ${await this.#tokenOf(auth, nowMs)}` };
  }

  /** The server refused these headers: whether it is worth asking again, with a new token. */
  refused({ authorization }: Readonly<Record<string, string>>): boolean {
    if (this.#auth?.kind !== 'oauth2') return false;
    this.#refused = authorization;
    return true;
  }

  /** Of all that need a token at once, one asks for it: a service may withdraw a token when it gives another. */
  async #tokenOf(auth: OAuth, nowMs: number): Promise<string> {
    const held = this.#token;
    const isGood = await held?.then(
      ({ text, expiresMs }) => expiresMs > nowMs && `Bearer ${text}` !== this.#refused,
      () => false,
    );
    const current = this.#token;
    const token = isGood !== true && current === held ? this.#ask(auth, nowMs) : (current ?? this.#ask(auth, nowMs));
    this.#token = token;
    return (await token).text;
  }

  async #ask({ tokenUrl, clientId, clientSecret, scope }: OAuth, nowMs: number): Promise<Token> {
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) });
    const basic = encoded(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`);
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
    rememberDerived(text);
    return { text, expiresMs: nowMs + Math.max(0, Number(seconds) * 1000 - earlyMs) };
  }
}

/** A token is renewed before it expires: a request takes time. */
const earlyMs = 10_000;

/** A service may repeat it in its answers. */
function encoded(credentials: string): string {
  const text = Buffer.from(credentials).toString('base64');
  rememberDerived(text);
  return text;
}
