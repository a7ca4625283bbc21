import type { Readable } from 'node:stream';
import { SheafError } from '../../shared/errors.ts';
import { failedOf, isPassing, objectError } from './errors.ts';
import { type Location, pathOf } from './location.ts';
import type { Requests } from './requests.ts';

interface Range {
  readonly place: Location;
  /** The first byte, and the one behind the last. */
  readonly from: number;
  readonly to: number;
  /** Of the object as it was seen: another one is `FILE_CHANGED`. */
  readonly etag: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Bytes `[from, to)` of an object, as they come; taken up again where a connection was cut. Only attempts that bring
 * nothing count against the limit.
 *
 * @throws SheafError as `ObjectStore`; `NOT_SUPPORTED` for a server that does not read ranges
 */
export async function* readRange(requests: Requests, range: Range): AsyncGenerator<Uint8Array> {
  const { place, to, signal } = range;
  let at = range.from;
  for (let tries = 1; at < to; tries++) {
    signal.throwIfAborted();
    const before = at;
    try {
      for await (const chunk of await open(requests, { ...range, from: at })) {
        at += chunk.byteLength;
        if (at > to) throw tooLong(place);
        yield chunk;
      }
      if (at < to) throw Object.assign(new Error('the answer ended early'), { code: 'ECONNRESET' });
    } catch (thrown) {
      signal.throwIfAborted();
      if (at > before) tries = 1;
      if (!mayPass(thrown) || tries >= requests.limits.objectAttemptsMax) throw objectError(thrown, 'read', place);
      await requests.pause(tries, signal);
    }
  }
}

const mayPass = (thrown: unknown): boolean => !(thrown instanceof SheafError) && isPassing(failedOf(thrown));

async function open({ client, sdk }: Requests, { place, from, to, etag, signal }: Range): Promise<Readable> {
  const Range = `bytes=${from}-${to - 1}`;
  const input = { Bucket: place.bucket, Key: place.key, Range, ...(etag === undefined ? {} : { IfMatch: etag }) };
  const { Body, ContentRange } = await client.send(new sdk.GetObjectCommand(input), { abortSignal: signal });
  const begins = ContentRange === undefined ? 0 : Number(/^bytes (\d+)-/.exec(ContentRange)?.[1] ?? -1);
  if (Body !== undefined && begins === from) return Body as Readable;
  throw new SheafError('NOT_SUPPORTED', `The server of ${pathOf(place)} does not read ranges`, {
    next: 'Use an object storage that honours the Range header.',
  });
}

const tooLong = (place: Location): SheafError =>
  new SheafError('FILE_CHANGED', `${pathOf(place)} gave more bytes than were asked for`, {
    next: 'Read it again. If this recurs, the storage does not honour the Range header.',
  });
