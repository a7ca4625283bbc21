import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress, gzipSync, zstdCompressSync } from 'node:zlib';
import { SheafError } from '../../shared/errors.ts';
import { pathOf } from './location.ts';
import type { RemoteObject } from './remote-object.ts';

type Packing = 'gzip' | 'zstd' | undefined;

/** By the ending of the name. */
const packingOf = (path: string): Packing => (/\.gz$/i.test(path) ? 'gzip' : /\.zst$/i.test(path) ? 'zstd' : undefined);

/**
 * The first lines of a text object: as many whole ones as `bytesMax` of text hold, packed again as the object is, so
 * that who looks at a file by its name sees a small one of the same kind.
 */
export async function fetchHead(object: RemoteObject, bytesMax: number, signal: AbortSignal): Promise<Buffer> {
  const { store, place, sizeBytes, etag } = object;
  const packing = packingOf(place.key);
  const wanted = packing === undefined ? Math.min(sizeBytes, bytesMax) : sizeBytes;
  const stop = new AbortController();
  const bytes = store.read(place, 0, wanted, etag, AbortSignal.any([signal, stop.signal]));
  try {
    const text = await collected(packing === undefined ? bytes : unpacked(bytes, packing), bytesMax);
    return packed(wholeLines(text.bytes, text.isAll && wanted === sizeBytes), packing);
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof SheafError) throw thrown;
    throw new SheafError('FILE_CORRUPT', `${pathOf(place)} does not unpack: ${(thrown as Error).message}`, {
      next: 'Check that it is packed as its name says and was written to its end, or leave it out.',
      cause: thrown,
    });
  } finally {
    stop.abort();
  }
}

function unpacked(bytes: AsyncIterable<Uint8Array>, packing: 'gzip' | 'zstd'): AsyncIterable<Uint8Array> {
  const unpack = packing === 'gzip' ? createGunzip() : createZstdDecompress();
  const source = Readable.from(bytes, { objectMode: false });
  source.on('error', (error) => unpack.destroy(error));
  unpack.on('close', () => source.destroy());
  return source.pipe(unpack);
}

async function collected(
  chunks: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<{ bytes: Buffer; isAll: boolean }> {
  const found: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    found.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= bytesMax) return { bytes: Buffer.concat(found).subarray(0, bytesMax), isAll: false };
  }
  return { bytes: Buffer.concat(found), isAll: true };
}

/** Without the line that is cut off; a single line that is longer stays as it is. */
function wholeLines(bytes: Buffer, isAll: boolean): Buffer {
  const end = Math.max(bytes.lastIndexOf(0x0a), bytes.lastIndexOf(0x0d));
  return isAll || end < 0 ? bytes : bytes.subarray(0, end + 1);
}

const packed = (bytes: Buffer, packing: Packing): Buffer => {
  if (packing === 'gzip') return gzipSync(bytes, { level: 1 });
  return packing === 'zstd' ? zstdCompressSync(bytes) : bytes;
};
