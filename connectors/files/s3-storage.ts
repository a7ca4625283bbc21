import { open } from 'node:fs/promises';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import { below, type Location, parseLocation } from '../s3/location.ts';
import type { ObjectStore } from '../s3/store.ts';
import { multipartEtag, type UploadedPart } from '../s3/uploads.ts';
import { loadOf } from './names.ts';
import type { StagedFile, Storage, StoredFile } from './storage.ts';

/** S3 takes so many parts of an object. */
const partsMax = 10_000;

/** Limits of uploads. */
export type StorageLimits = Pick<Config, 'objectPartBytes' | 'objectUploadAgeMs'>;

/** An upload that is open. */
interface Token {
  readonly upload: string;
  /** Of the object, as its parts make it; absent where the server's tags are no sums. */
  readonly etag?: string;
  readonly [key: string]: string | undefined;
}

/** A prefix of a bucket. A staged file is a multipart upload that is not completed. */
export class S3Storage implements Storage {
  readonly path: string;
  readonly #store: ObjectStore;
  readonly #root: Location;
  readonly #limits: StorageLimits;
  readonly #signal: AbortSignal;

  constructor(path: string, store: ObjectStore, limits: StorageLimits, signal: AbortSignal) {
    this.path = path;
    this.#store = store;
    const { bucket, key } = parseLocation(path);
    this.#root = { bucket, key: key.replace(/\/+$/, '') };
    this.#limits = limits;
    this.#signal = signal;
  }

  async *list(folder: string): AsyncGenerator<StoredFile> {
    const prefix = this.#prefix(folder);
    const cut = this.#prefix('').length;
    for await (const { key, ...info } of this.#store.list(this.#root.bucket, prefix, this.#signal))
      yield { name: key.slice(cut), sizeBytes: info.sizeBytes, modifiedMs: info.modifiedMs };
  }

  get(name: string): Promise<Buffer | undefined> {
    return this.#store.get(this.#at(name), this.#signal);
  }

  async put(name: string, body: Uint8Array): Promise<void> {
    await this.#store.put(this.#at(name), body, this.#signal);
  }

  putIfAbsent(name: string, body: Uint8Array): Promise<boolean> {
    return this.#store.putIfAbsent(this.#at(name), body, this.#signal);
  }

  delete(name: string): Promise<void> {
    return this.#store.delete(this.#at(name), this.#signal);
  }

  async writingDirectory(_load: string, _attempt: string, directory: string): Promise<string> {
    return directory;
  }

  /** One part is in memory at a time. If it fails, nothing stays. */
  async stage(file: string, name: string): Promise<StagedFile> {
    const place = this.#at(name);
    const { uploads } = this.#store;
    const upload = await uploads.begin(place, this.#signal);
    try {
      const parts = await this.#sendParts(file, place, upload);
      const etag = multipartEtag(parts);
      const bytes = parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const token: Token = { upload, ...(etag === undefined ? {} : { etag }) };
      return { name, bytes, token };
    } catch (failed) {
      // The sweep finds it if this fails, too.
      await uploads.abort(place, upload).catch(() => {});
      throw failed;
    }
  }

  async publish({ name, bytes, token }: StagedFile): Promise<void> {
    const place = this.#at(name);
    const { upload, etag } = token as unknown as Token;
    const { uploads } = this.#store;
    const parts = await uploads.parts(place, upload, this.#signal);
    const sent = (parts ?? []).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (parts !== undefined && sent === bytes && (etag === undefined || multipartEtag(parts) === etag))
      return await uploads.complete(place, upload, parts, this.#signal);
    // Completed by an earlier call, or gone.
    const there = await this.#store.head(place, this.#signal);
    if (there?.sizeBytes === bytes && (etag === undefined || !/-\d+"$/.test(there.etag) || there.etag === etag)) return;
    throw new SheafError(
      'FILE_NOT_FOUND',
      `${below(this.path, name)} is neither there nor does its upload hold what was written`,
      {
        next: 'Was it aborted by a rule of the bucket? Run the load again.',
        details: { bucket: place.bucket, key: place.key },
      },
    );
  }

  async discard(load: string): Promise<void> {
    const { bucket } = this.#root;
    const oldMs = Date.now() - this.#limits.objectUploadAgeMs;
    for await (const { key, upload, begunMs } of this.#store.uploads.list(bucket, this.#prefix(''), this.#signal)) {
      const owner = loadOf(key);
      if (owner === load || (owner !== undefined && begunMs < oldMs))
        await this.#store.uploads.abort({ bucket, key }, upload, this.#signal);
    }
  }

  async #sendParts(file: string, place: Location, upload: string): Promise<UploadedPart[]> {
    await using handle = await open(file);
    const { size } = await handle.stat();
    const partBytes = Math.max(this.#limits.objectPartBytes, Math.ceil(size / partsMax));
    const buffer = Buffer.allocUnsafe(Math.min(partBytes, Math.max(1, size)));
    const parts: UploadedPart[] = [];
    for (let at = 0; at < size || parts.length === 0; ) {
      const length = Math.min(partBytes, size - at);
      const { bytesRead } = await handle.read(buffer, 0, length, at);
      if (bytesRead < length) throw new SheafError('INTERNAL', `${file} became shorter while it was uploaded`);
      parts.push(
        await this.#store.uploads.part(place, upload, parts.length + 1, buffer.subarray(0, length), this.#signal),
      );
      at += length;
    }
    return parts;
  }

  #at(name: string): Location {
    return { bucket: this.#root.bucket, key: below(this.#root.key, name) };
  }

  #prefix(folder: string): string {
    const key = folder === '' ? this.#root.key : below(this.#root.key, folder);
    return key === '' ? '' : `${key}/`;
  }
}
