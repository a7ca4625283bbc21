import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { SheafError } from '../../shared/errors.ts';
import { failedOf, isAmbiguous, isPassing, objectError, orNothing } from './errors.ts';
import { type Location, pathOf } from './location.ts';
import type { ObjectInfo } from './object-info.ts';
import { environmentEndpoint, type S3Options } from './options.ts';
import { contentMd5, never, Requests, type StoreLimits } from './requests.ts';
import { createClient, loadSdk } from './sdk.ts';
import { Uploads } from './uploads.ts';

/**
 * One object storage, spoken to with one set of credentials. Every call makes several attempts (`object…` settings),
 * can be aborted, and fails with a `SheafError` that names bucket and key: `FILE_NOT_FOUND`, `PERMISSION_DENIED`,
 * `FILE_CHANGED`, `UNREACHABLE`, `DISK_FULL`, `NOT_SUPPORTED`.
 */
export class ObjectStore {
  readonly #requests: Requests;
  readonly uploads: Uploads;

  private constructor(requests: Requests) {
    this.#requests = requests;
    this.uploads = new Uploads(requests, this);
  }

  /** @throws SheafError `CONNECTOR_MISSING` */
  static async open(options: S3Options, limits: StoreLimits): Promise<ObjectStore> {
    const sdk = await loadSdk();
    return new ObjectStore(new Requests(sdk, createClient(sdk, options, limits), limits));
  }

  /** All objects whose keys begin so, in the order of their keys, page by page. */
  async *list(
    bucket: string,
    prefix: string,
    signal: AbortSignal = never,
    startAfter?: string,
  ): AsyncGenerator<ObjectInfo> {
    for (let token: string | undefined, more = true; more; ) {
      const input = {
        Bucket: bucket,
        Prefix: prefix,
        ContinuationToken: token,
        StartAfter: token === undefined ? startAfter : undefined,
      };
      const page: ListObjectsV2CommandOutput = await this.#requests.make(
        'list',
        { bucket, key: prefix },
        (abortSignal) =>
          this.#requests.client.send(new this.#requests.sdk.ListObjectsV2Command(input), { abortSignal }),
        signal,
      );
      for (const each of page.Contents ?? []) {
        // Folders that consoles make are objects of no bytes.
        if (each.Key !== undefined && !each.Key.endsWith('/')) yield infoOf(each.Key, each);
      }
      token = page.NextContinuationToken;
      more = page.IsTruncated === true && token !== undefined;
    }
  }

  /** Nothing if there is no such object. */
  async head(place: Location, signal: AbortSignal = never): Promise<ObjectInfo | undefined> {
    const input = { Bucket: place.bucket, Key: place.key };
    try {
      const found = await this.#requests.make(
        'look at',
        place,
        (abortSignal) => this.#requests.client.send(new this.#requests.sdk.HeadObjectCommand(input), { abortSignal }),
        signal,
      );
      return infoOf(place.key, { ...found, Size: found.ContentLength });
    } catch (thrown) {
      return orNothing(thrown);
    }
  }

  /**
   * Bytes `[from, to)` of an object, as they come; taken up again where a connection was cut.
   *
   * @param etag of the object as it was seen: another one is `FILE_CHANGED`
   */
  async *read(
    place: Location,
    from: number,
    to: number,
    etag: string | undefined,
    signal: AbortSignal = never,
  ): AsyncGenerator<Uint8Array> {
    let at = from;
    for (let tries = 1; at < to; tries++) {
      signal.throwIfAborted();
      const before = at;
      try {
        for await (const chunk of await this.#open(place, at, to, etag, signal)) {
          at += chunk.byteLength;
          if (at > to)
            throw new SheafError('FILE_CHANGED', `${pathOf(place)} gave more bytes than were asked for`, {
              next: 'Read it again. If this recurs, the storage does not honour the Range header.',
            });
          yield chunk;
        }
        if (at < to) throw Object.assign(new Error('the answer ended early'), { code: 'ECONNRESET' });
      } catch (thrown) {
        signal.throwIfAborted();
        if (at > before) tries = 1;
        if (
          thrown instanceof SheafError ||
          !isPassing(failedOf(thrown)) ||
          tries >= this.#requests.limits.objectAttemptsMax
        )
          throw objectError(thrown, 'read', place);
        await this.#requests.pause(tries, signal);
      }
    }
  }

  /** A small object as a whole, as it is now; nothing if it is not there. */
  async get(place: Location, signal: AbortSignal = never): Promise<Buffer | undefined> {
    const input = { Bucket: place.bucket, Key: place.key };
    const whole = async (abortSignal: AbortSignal): Promise<Buffer> => {
      const { Body } = await this.#requests.client.send(new this.#requests.sdk.GetObjectCommand(input), {
        abortSignal,
      });
      const chunks: Uint8Array[] = [];
      for await (const chunk of (Body ?? []) as AsyncIterable<Uint8Array>) chunks.push(chunk);
      return Buffer.concat(chunks);
    };
    return await this.#requests.make('read', place, whole, signal).catch(orNothing);
  }

  async put(place: Location, body: Uint8Array, signal: AbortSignal = never): Promise<string> {
    const input = { Bucket: place.bucket, Key: place.key, Body: body, ContentMD5: contentMd5(body) };
    const stored = await this.#requests.make(
      'write',
      place,
      (abortSignal) => this.#requests.client.send(new this.#requests.sdk.PutObjectCommand(input), { abortSignal }),
      signal,
    );
    return stored.ETag ?? '';
  }

  /**
   * Writes an object unless there is one: of all who try at once, one succeeds. If an answer is lost, what is there is
   * compared with what was to be written.
   *
   * @returns false if another was there
   */
  async putIfAbsent(place: Location, body: Uint8Array, signal: AbortSignal = never): Promise<boolean> {
    const input = { Bucket: place.bucket, Key: place.key, Body: body, ContentMD5: contentMd5(body), IfNoneMatch: '*' };
    let isDoubtful = false;
    try {
      const { client, sdk } = this.#requests;
      await this.#requests.attempts((last) => {
        isDoubtful ||= last !== undefined && isAmbiguous(last);
        return client.send(new sdk.PutObjectCommand(input), { abortSignal: signal });
      }, signal);
      return true;
    } catch (thrown) {
      signal.throwIfAborted();
      const failed = failedOf(thrown);
      const isTaken = failed.status === 412 || failed.name === 'PreconditionFailed' || failed.status === 409;
      if (!isTaken) throw objectError(thrown, 'write', place);
      return isDoubtful && (await this.#holds(place, body, signal));
    }
  }

  /** S3 says nothing if there was none. */
  async delete(place: Location, signal: AbortSignal = never): Promise<void> {
    const input = { Bucket: place.bucket, Key: place.key };
    await this.#requests
      .make(
        'delete',
        place,
        (abortSignal) => this.#requests.client.send(new this.#requests.sdk.DeleteObjectCommand(input), { abortSignal }),
        signal,
      )
      .catch(orNothing);
  }

  async #open(
    place: Location,
    from: number,
    to: number,
    etag: string | undefined,
    signal: AbortSignal,
  ): Promise<Readable> {
    const Range = `bytes=${from}-${to - 1}`;
    const input = { Bucket: place.bucket, Key: place.key, Range, ...(etag === undefined ? {} : { IfMatch: etag }) };
    const { Body, ContentRange } = await this.#requests.client.send(new this.#requests.sdk.GetObjectCommand(input), {
      abortSignal: signal,
    });
    const begins = ContentRange === undefined ? 0 : Number(/^bytes (\d+)-/.exec(ContentRange)?.[1] ?? -1);
    if (Body === undefined || begins !== from)
      throw new SheafError('NOT_SUPPORTED', `The server of ${pathOf(place)} does not read ranges`, {
        next: 'Use an object storage that honours the Range header.',
      });
    return Body as Readable;
  }

  async #holds(place: Location, body: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const found = await this.head(place, signal);
    if (found === undefined || found.sizeBytes !== body.byteLength) return false;
    if (found.etag === md5Etag(body)) return true;
    return (await this.get(place, signal))?.equals(body) === true;
  }
}

const infoOf = (
  key: string,
  {
    Size,
    LastModified,
    ETag,
  }: { Size?: number | undefined; LastModified?: Date | undefined; ETag?: string | undefined },
): ObjectInfo => ({
  key,
  sizeBytes: Size ?? 0,
  modifiedMs: LastModified?.getTime() ?? 0,
  etag: ETag ?? '',
});

/** The tag of an object that was written at once, without a key of the server's. */
const md5Etag = (body: Uint8Array): string => `"${createHash('md5').update(body).digest('hex')}"`;

const open = new Map<string, Promise<ObjectStore>>();

/** The store of these options, one for each thread and endpoint: connections are kept. */
export function objectStore(options: S3Options, limits: StoreLimits): Promise<ObjectStore> {
  const key = JSON.stringify([options, environmentEndpoint(), limits]);
  const known = open.get(key);
  if (known !== undefined) return known;
  const opened = ObjectStore.open(options, limits);
  open.set(key, opened);
  opened.catch(() => open.delete(key));
  return opened;
}
