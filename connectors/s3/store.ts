import { createHash } from 'node:crypto';
import type { ListObjectsV2CommandInput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { failedOf, isAmbiguous, objectError, orNothing } from './errors.ts';
import type { Location } from './location.ts';
import type { ObjectInfo } from './object-info.ts';
import { environmentEndpoint, type S3Options } from './options.ts';
import { readRange } from './read-range.ts';
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
      const page = await this.#page(
        { Bucket: bucket, Prefix: prefix, ContinuationToken: token, StartAfter: startAfter },
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

  /** Bytes of an object: see {@link readRange}. */
  read(
    place: Location,
    from: number,
    to: number,
    etag: string | undefined,
    signal: AbortSignal = never,
  ): AsyncGenerator<Uint8Array> {
    return readRange(this.#requests, { place, from, to, etag, signal });
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

  #page(input: ListObjectsV2CommandInput, signal: AbortSignal): Promise<ListObjectsV2CommandOutput> {
    const { client, sdk } = this.#requests;
    const { Bucket = '', Prefix = '', ContinuationToken, StartAfter } = input;
    // Where a page goes on, the place where the first one began must not be repeated.
    const asked =
      ContinuationToken === undefined ? { Bucket, Prefix, StartAfter } : { Bucket, Prefix, ContinuationToken };
    const send = (abortSignal: AbortSignal) => client.send(new sdk.ListObjectsV2Command(asked), { abortSignal });
    return this.#requests.make('list', { bucket: Bucket, key: Prefix }, send, signal);
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
