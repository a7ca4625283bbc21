import { open } from 'node:fs/promises';
import type { Config } from '../../shared/config/config.ts';
import { below, type Location, pathOf } from '../s3/location.ts';
import type { UploadedPart } from '../s3/uploads.ts';
import type { RedshiftOptions } from './options.ts';

/** Where files wait for COPY. Tests put a folder in its place. */
export interface Staging {
  /** @returns the address that COPY reads */
  putFile(name: string, file: string): Promise<string>;
  putText(name: string, text: string): Promise<string>;
  /** Removes all whose names begin so. */
  remove(prefix: string): Promise<void>;
}

/** Below the prefix of the options, by the S3 protocol. */
export async function s3Staging(options: RedshiftOptions, config: Config, signal: AbortSignal): Promise<Staging> {
  const { ObjectStore } = await import('../s3/store.ts');
  const store = await ObjectStore.open(options.s3, config);
  const placeOf = (name: string): Location => ({ bucket: options.stage.bucket, key: below(options.stage.key, name) });
  return {
    async putFile(name, file) {
      const place = placeOf(name);
      const upload = await store.uploads.begin(place, signal);
      const parts: UploadedPart[] = [];
      for await (const part of partsOf(file, config.objectPartBytes)) {
        parts.push(await store.uploads.part(place, upload, parts.length + 1, part, signal));
      }
      await store.uploads.complete(place, upload, parts, signal);
      return pathOf(place);
    },
    async putText(name, text) {
      await store.put(placeOf(name), Buffer.from(text, 'utf8'), signal);
      return pathOf(placeOf(name));
    },
    async remove(prefix) {
      const { bucket, key } = placeOf(prefix);
      for await (const begun of store.uploads.list(bucket, key, signal)) {
        await store.uploads.abort({ bucket, key: begun.key }, begun.upload, signal);
      }
      for await (const found of store.list(bucket, key, signal)) await store.delete({ bucket, key: found.key }, signal);
    },
  };
}

/** The file piece by piece. */
async function* partsOf(file: string, partBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  for (let at = 0; at < size; at += partBytes) {
    const part = Buffer.allocUnsafeSlow(Math.min(partBytes, size - at));
    const { bytesRead } = await handle.read(part, 0, part.length, at);
    yield part.subarray(0, bytesRead);
  }
}
