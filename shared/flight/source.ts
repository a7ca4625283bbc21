import { fstatSync, readSync, readvSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { KiB } from '../config/setting.ts';
import { diskError } from '../exchange/disk-error.ts';
import {
  corrupt,
  decodeIndex,
  decodeTrailer,
  type FileIndex,
  type FileOwner,
  magic,
  prefixBytes,
  prefixMatches,
  type Segment,
  trailerBytes,
} from '../exchange/layout.ts';
import { exchangePath } from '../exchange/paths.ts';

/** Where the Flight service finds what tickets name. */
export interface SegmentSource {
  /** @throws SheafError `FILE_NOT_FOUND`, `FILE_CORRUPT` */
  open(owner: FileOwner): Promise<SegmentFile>;
}

/** An open exchange file, read by segments. */
export interface SegmentFile extends AsyncDisposable {
  readonly index: FileIndex;
  /**
   * Reads a segment into two buffers of its lengths. Its checksum is the reader's to verify, at the far end of the
   * wire.
   *
   * @throws SheafError `FILE_CORRUPT`
   */
  read(segment: Segment, metadata: Uint8Array, body: Uint8Array): Promise<void>;
}

/** The exchange files under a root, with the indexes of those used last kept parsed. */
export class FileSource implements SegmentSource {
  readonly #root: string;
  readonly #indexesMax: number;
  readonly #indexes = new Map<string, FileIndex>();

  constructor(root: string, indexesMax: number) {
    this.#root = root;
    this.#indexesMax = indexesMax;
  }

  async open(owner: FileOwner): Promise<SegmentFile> {
    const path = exchangePath(this.#root, owner);
    const handle = await open(path, 'r').catch((error: unknown) => {
      throw diskError(error, path);
    });
    try {
      return new OpenFile(path, handle, await this.#indexOf(path, handle));
    } catch (error) {
      await handle.close();
      throw diskError(error, path);
    }
  }

  async #indexOf(path: string, handle: FileHandle): Promise<FileIndex> {
    const { ino, size, mtimeMs } = fstatSync(handle.fd); // of an open file: nothing to wait for
    const key = `${path} ${ino} ${size} ${mtimeMs}`;
    const index = this.#indexes.get(key) ?? (await readIndex(path, handle, size));
    this.#indexes.delete(key); // To the end: the first is the one used longest ago.
    this.#indexes.set(key, index);
    const [oldest] = this.#indexes.keys();
    if (this.#indexes.size > this.#indexesMax && oldest !== undefined) this.#indexes.delete(oldest);
    return index;
  }
}

class OpenFile implements SegmentFile {
  readonly index: FileIndex;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #prefix = Buffer.alloc(prefixBytes);

  constructor(path: string, handle: FileHandle, index: FileIndex) {
    this.#path = path;
    this.#handle = handle;
    this.index = index;
  }

  async read(segment: Segment, metadata: Uint8Array, body: Uint8Array): Promise<void> {
    const bytes = prefixBytes + metadata.length + body.length;
    const bytesRead = await this.#readv([this.#prefix, metadata, body], segment.offset, bytes);
    if (bytesRead !== bytes) throw corrupt(this.#path, `it ends before byte ${segment.offset + bytes}`);
    if (!prefixMatches(this.#prefix, segment)) throw corrupt(this.#path, `no message begins at ${segment.offset}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  /**
   * A small read is made at once: what was written lately is in memory, and the way through libuv costs ten times more.
   */
  async #readv(buffers: readonly Uint8Array[], position: number, bytes: number): Promise<number> {
    if (bytes <= smallReadBytes) return readvSync(this.#handle.fd, buffers, position);
    return (await this.#handle.readv(buffers, position)).bytesRead;
  }
}

const smallReadBytes = 64 * KiB;

async function readIndex(path: string, handle: FileHandle, fileBytes: number): Promise<FileIndex> {
  const readAt = async (position: number, length: number): Promise<Buffer> => {
    const buffer = Buffer.allocUnsafeSlow(length);
    const bytesRead =
      length <= smallReadBytes
        ? readSync(handle.fd, buffer, 0, length, position)
        : (await handle.read(buffer, 0, length, position)).bytesRead;
    if (bytesRead !== length) throw corrupt(path, `it ends before byte ${position + length}`);
    return buffer;
  };
  if (fileBytes < magic.length + trailerBytes) throw corrupt(path, `it has only ${fileBytes} bytes`);
  if (!(await readAt(0, magic.length)).equals(magic)) throw corrupt(path, 'it does not begin as an exchange file');
  const place = decodeTrailer(await readAt(fileBytes - trailerBytes, trailerBytes), fileBytes, path);
  return decodeIndex(await readAt(place.offset, place.bytes), place, path);
}
