import { createHash } from 'node:crypto';
import { SheafError } from '../../shared/errors.ts';
import { objectError, orNothing } from './errors.ts';
import { type Location, pathOf } from './location.ts';
import type { ObjectInfo } from './object-info.ts';
import { contentMd5, never, type Requests } from './requests.ts';

/** A part of a multipart upload that the server has. */
export interface UploadedPart {
  readonly number: number;
  readonly etag: string;
  readonly sizeBytes: number;
}

/** What the check of a completed upload asks. */
interface Looks {
  head(place: Location, signal?: AbortSignal): Promise<ObjectInfo | undefined>;
}

/** Multipart uploads: what is uploaded is not there before the upload is completed. Errors as of `ObjectStore`. */
export class Uploads {
  readonly #requests: Requests;
  readonly #store: Looks;

  constructor(requests: Requests, store: Looks) {
    this.#requests = requests;
    this.#store = store;
  }

  async begin(place: Location, signal: AbortSignal = never): Promise<string> {
    const input = { Bucket: place.bucket, Key: place.key };
    const begun = await this.#requests.make(
      'begin an upload of',
      place,
      (abortSignal) =>
        this.#requests.client.send(new this.#requests.sdk.CreateMultipartUploadCommand(input), { abortSignal }),
      signal,
    );
    if (begun.UploadId === undefined)
      throw new SheafError('NOT_SUPPORTED', `The server of ${pathOf(place)} began an upload without a name`, {
        next: 'Use an object storage with multipart uploads.',
      });
    return begun.UploadId;
  }

  async part(
    place: Location,
    upload: string,
    number: number,
    body: Uint8Array,
    signal: AbortSignal = never,
  ): Promise<UploadedPart> {
    const input = {
      Bucket: place.bucket,
      Key: place.key,
      UploadId: upload,
      PartNumber: number,
      Body: body,
      ContentMD5: contentMd5(body),
    };
    const stored = await this.#requests.make(
      `write part ${number} of`,
      place,
      (abortSignal) => this.#requests.client.send(new this.#requests.sdk.UploadPartCommand(input), { abortSignal }),
      signal,
    );
    return { number, etag: stored.ETag ?? '', sizeBytes: body.byteLength };
  }

  /** The parts that the server has of an upload; nothing if there is no such upload (any more). */
  async parts(
    place: Location,
    upload: string,
    signal: AbortSignal = never,
  ): Promise<readonly UploadedPart[] | undefined> {
    const found: UploadedPart[] = [];
    for (let marker: string | undefined, more = true; more; ) {
      const input = { Bucket: place.bucket, Key: place.key, UploadId: upload, PartNumberMarker: marker };
      try {
        const page = await this.#requests.make(
          'list the parts of',
          place,
          (abortSignal) => this.#requests.client.send(new this.#requests.sdk.ListPartsCommand(input), { abortSignal }),
          signal,
        );
        for (const { PartNumber = 0, ETag = '', Size = 0 } of page.Parts ?? [])
          found.push({ number: PartNumber, etag: ETag, sizeBytes: Size });
        marker = page.NextPartNumberMarker;
        more = page.IsTruncated === true && marker !== undefined;
      } catch (thrown) {
        return orNothing(thrown);
      }
    }
    return found;
  }

  /**
   * Makes an uploaded object visible. An upload that is gone because an earlier call did it, its answer lost, counts as
   * done if the object is there as these parts make it.
   *
   * @throws SheafError `FILE_NOT_FOUND` if the upload is gone and the object is not there
   */
  async complete(
    place: Location,
    upload: string,
    parts: readonly UploadedPart[],
    signal: AbortSignal = never,
  ): Promise<void> {
    const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
    const input = { Bucket: place.bucket, Key: place.key, UploadId: upload, MultipartUpload: { Parts } };
    try {
      const { client, sdk } = this.#requests;
      const complete = () => client.send(new sdk.CompleteMultipartUploadCommand(input), { abortSignal: signal });
      await this.#requests.attempts(complete, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (await this.isComplete(place, parts, signal)) return;
      throw objectError(thrown, 'complete the upload of', place);
    }
  }

  /** Whether the object is there as these parts make it. */
  async isComplete(place: Location, parts: readonly UploadedPart[], signal: AbortSignal = never): Promise<boolean> {
    const found = await this.#store.head(place, signal);
    const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
    if (found === undefined || found.sizeBytes !== sizeBytes) return false;
    const expected = multipartEtag(parts);
    // With a server-side key the tag is no MD5: then the size must do; names of our objects are used once.
    return expected === undefined || !isMultipartEtag(found.etag) || found.etag === expected;
  }

  async abort(place: Location, upload: string, signal: AbortSignal = never): Promise<void> {
    const input = { Bucket: place.bucket, Key: place.key, UploadId: upload };
    await this.#requests
      .make(
        'abort the upload of',
        place,
        (abortSignal) =>
          this.#requests.client.send(new this.#requests.sdk.AbortMultipartUploadCommand(input), { abortSignal }),
        signal,
      )
      .catch(orNothing);
  }

  /** Open multipart uploads of keys that begin so. */
  async *list(
    bucket: string,
    prefix: string,
    signal: AbortSignal = never,
  ): AsyncGenerator<{ readonly key: string; readonly upload: string; readonly begunMs: number }> {
    for (let marker: { KeyMarker?: string; UploadIdMarker?: string } = {}, more = true; more; ) {
      const input = { Bucket: bucket, Prefix: prefix, ...marker };
      const page = await this.#requests.make(
        'list the uploads below',
        { bucket, key: prefix },
        (abortSignal) =>
          this.#requests.client.send(new this.#requests.sdk.ListMultipartUploadsCommand(input), { abortSignal }),
        signal,
      );
      for (const { Key: key, UploadId: upload, Initiated } of page.Uploads ?? [])
        if (key?.startsWith(prefix) && upload !== undefined) yield { key, upload, begunMs: Initiated?.getTime() ?? 0 };
      const { NextKeyMarker, NextUploadIdMarker } = page;
      more = page.IsTruncated === true && NextKeyMarker !== undefined;
      marker = {
        ...(NextKeyMarker === undefined ? {} : { KeyMarker: NextKeyMarker }),
        ...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }),
      };
    }
  }
}

const isMultipartEtag = (etag: string): boolean => /^"[0-9a-f]{32}-\d+"$/.test(etag);

/** The MD5 of the parts' MD5s, as S3 makes it; nothing if the parts' tags are no MD5s. */
export function multipartEtag(parts: readonly UploadedPart[]): string | undefined {
  const sums = parts.map(({ etag }) => etag.replaceAll('"', ''));
  if (!sums.every((sum) => /^[0-9a-f]{32}$/.test(sum))) return undefined;
  const hash = createHash('md5');
  for (const sum of sums) hash.update(Buffer.from(sum, 'hex'));
  return `"${hash.digest('hex')}-${parts.length}"`;
}
