import { checkHost, guardedLookup } from '../../../connectors/net/metadata-addresses.ts';
import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import { version } from '../../../shared/version.ts';

/** Limits of a webhook's call. */
export type PostLimits = Pick<Config, 'webhookTimeoutMs'>;

/**
 * One POST of JSON to a webhook. Redirects are not followed, the answer is not read, and no request goes to an address
 * where clouds keep credentials.
 *
 * @param run sent as `idempotency-key`, so that a receiver can tell repetitions
 * @throws SheafError `SINK_FAILED`, retryable if another attempt may succeed; `PERMISSION_DENIED` for the address. The
 * address is in none of them: it may be a secret.
 */
export async function postHook(url: string, run: string, body: string, limits: PostLimits, over: AbortSignal) {
  const target = addressOf(url);
  const { Agent, request } = await import('undici');
  const { webhookTimeoutMs: timeout } = limits;
  const agent = new Agent({
    ...{ headersTimeout: timeout, bodyTimeout: timeout },
    connect: { lookup: guardedLookup(false), timeout },
  });
  try {
    const answer = await request(target, {
      ...{ method: 'POST', body, dispatcher: agent, signal: AbortSignal.any([over, AbortSignal.timeout(timeout)]) },
      headers: { 'content-type': 'application/json', 'user-agent': `sheaf/${version}`, 'idempotency-key': run },
    });
    answer.body.on('error', () => {}); // Not read: what comes of it does not matter.
    if (answer.statusCode >= 200 && answer.statusCode < 300) return;
    throw failed(`it answered ${answer.statusCode}`, isPassing(answer.statusCode));
  } catch (thrown) {
    over.throwIfAborted();
    throw thrown instanceof SheafError ? thrown : (refusalIn(thrown) ?? failed(reasonOf(thrown, timeout), true));
  } finally {
    await agent.destroy();
  }
}

function addressOf(url: string): URL {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (target?.protocol !== 'http:' && target?.protocol !== 'https:')
    throw failed('its address is no http(s) URL', false);
  checkHost(target.hostname, false);
  return target;
}

const isPassing = (status: number): boolean => status === 408 || status === 425 || status === 429 || status >= 500;

/** What the lookup of the name has refused. */
const refusalIn = (thrown: unknown): SheafError | undefined =>
  [thrown, (thrown as Error).cause].find((each) => each instanceof SheafError);

function reasonOf(thrown: unknown, timeoutMs: number): string {
  const { name, code } = thrown as NodeJS.ErrnoException;
  return name === 'TimeoutError' || code?.includes('TIMEOUT')
    ? `it did not answer in ${timeoutMs} ms (webhookTimeoutMs)`
    : `it could not be reached (${code ?? name})`;
}

const failed = (message: string, retryable: boolean): SheafError =>
  new SheafError('SINK_FAILED', `The webhook was not told: ${message}`, {
    retryable,
    next: 'Correct the address in onFailure, and deploy the pipeline again; npx sheaf run-info shows the run.',
  });
