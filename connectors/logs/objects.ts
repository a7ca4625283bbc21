import type { Config } from '../../shared/config/config.ts';
import type { Json } from '../../shared/json.ts';
import { parseLocation } from '../s3/location.ts';
import { parseS3Options } from '../s3/options.ts';
import { objectStore } from '../s3/store.ts';
import type { LogOptions } from './options.ts';
import type { LogPiece } from './pieces.ts';

/** Bytes of an object from a place on: its reader stops where the piece ends. */
export async function objectBytes(
  { s3 }: LogOptions,
  { path, sizeBytes, etag }: LogPiece,
  from: number,
  config: Config,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const store = await objectStore(parseS3Options(s3 as Json | undefined), config);
  return store.read(parseLocation(path), from, sizeBytes, etag ?? undefined, signal);
}
