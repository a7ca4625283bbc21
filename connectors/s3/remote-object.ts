import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import { type Location, pathOf } from './location.ts';
import { type Range, readsOf } from './ranges.ts';
import type { ObjectStore } from './store.ts';

/** Limits of reading ranges of objects. */
export type FetchLimits = Pick<
  Config,
  | 'objectRangeBytes'
  | 'objectRangeGapBytes'
  | 'objectRangesAtOnce'
  | 'objectFooterBytes'
  | 'objectFooterBytesMax'
  | 'objectLineBytesMax'
>;

/** Room on the disk for copies: shared by all objects of an attempt. */
export class Scratch {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** @throws SheafError `QUOTA_EXCEEDED` */
  take(bytes: number, path: string): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#bytesMax) return;
    throw new SheafError(
      'QUOTA_EXCEEDED',
      `Copies of ${path} and others need more than ${this.#bytesMax} bytes of disk`,
      {
        next: 'Read fewer columns or smaller objects in one task, or raise objectScratchBytesMax.',
      },
    );
  }
}

/** Which part of an object is wanted, of the object as a listing saw it. */
export interface RemoteObject {
  readonly store: ObjectStore;
  readonly place: Location;
  readonly sizeBytes: number;
  readonly etag: string;
}

/** Tools of one attempt. */
export interface Fetching {
  readonly limits: FetchLimits;
  readonly scratch: Scratch;
  readonly signal: AbortSignal;
}

/** A local file of an object's size, with holes: bytes lie at the offsets that they have in the object. */
export class SparseCopy implements Disposable {
  readonly path: string;
  readonly #object: RemoteObject;
  readonly #fetching: Fetching;
  readonly #file: number;

  constructor(object: RemoteObject, path: string, fetching: Fetching) {
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    this.#object = object;
    this.#fetching = fetching;
    this.#file = openSync(path, 'w');
    ftruncateSync(this.#file, object.sizeBytes);
  }

  /** Closes the file; it stays. */
  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  /**
   * Fetches ranges, several at a time.
   *
   * @throws SheafError `FILE_CHANGED`, `FILE_NOT_FOUND`, `QUOTA_EXCEEDED`, …
   */
  async fetch(ranges: readonly Range[]): Promise<void> {
    const { objectRangeGapBytes, objectRangeBytes, objectRangesAtOnce } = this.#fetching.limits;
    const reads = readsOf(ranges, objectRangeGapBytes, objectRangeBytes).values();
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#fetching.signal, stop.signal]);
    const lane = async (): Promise<void> => {
      for (const range of reads) await this.#read(range, signal);
    };
    try {
      await Promise.all(Array.from({ length: objectRangesAtOnce }, lane));
    } catch (failed) {
      stop.abort();
      throw failed;
    }
  }

  fetchAll(): Promise<void> {
    return this.fetch([{ from: 0, to: this.#object.sizeBytes }]);
  }

  /**
   * The end of the object, as much as a footer takes.
   *
   * @param lengthOf the footer's bytes, with its trailer, told by the last bytes of the object; 0 if they tell none
   */
  async fetchFooter(lengthOf: (trailer: Buffer) => number): Promise<void> {
    const { sizeBytes, place } = this.#object;
    const { objectFooterBytes, objectFooterBytesMax } = this.#fetching.limits;
    const from = Math.max(0, sizeBytes - objectFooterBytes);
    const tail = await this.#readTail(from);
    const length = lengthOf(tail);
    if (length > objectFooterBytesMax)
      throw new SheafError('QUOTA_EXCEEDED', `The footer of ${pathOf(place)} would have ${length} bytes`, {
        next: 'Is the object damaged? If not, raise objectFooterBytesMax.',
      });
    if (length > sizeBytes - from) await this.fetch([{ from: Math.max(0, sizeBytes - length), to: from }]);
  }

  /**
   * Bytes `[from, to)`, and what follows to the end of the line in which `to - 1` lies.
   *
   * @throws SheafError `ROW_MALFORMED` if that line does not end within `objectLineBytesMax`
   */
  async fetchLines({ from, to }: Range): Promise<void> {
    const { sizeBytes, place } = this.#object;
    await this.fetch([{ from: Math.max(0, from - 1), to }]);
    if (to >= sizeBytes) return;
    // The byte before the end may be the newline: then nothing of the next line is read.
    const { objectLineBytesMax } = this.#fetching.limits;
    for (let at = to - 1, step = lineStepBytes; at < sizeBytes; at += step, step *= 2) {
      if (at > to + objectLineBytesMax) throw endless(place, to);
      if (await this.#hasNewline({ from: at, to: Math.min(sizeBytes, at + step) })) return;
    }
  }

  async #hasNewline(range: Range): Promise<boolean> {
    let found = false;
    await this.#read(range, this.#fetching.signal, (chunk) => {
      found ||= chunk.includes(0x0a);
    });
    return found;
  }

  async #readTail(from: number): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    await this.#read({ from, to: this.#object.sizeBytes }, this.#fetching.signal, (chunk) => chunks.push(chunk));
    return Buffer.concat(chunks);
  }

  async #read({ from, to }: Range, signal: AbortSignal, see?: (chunk: Uint8Array) => void): Promise<void> {
    const { store, place, etag } = this.#object;
    let at = from;
    for await (const chunk of store.read(place, from, to, etag, signal)) {
      this.#fetching.scratch.take(chunk.byteLength, pathOf(place));
      for (let written = 0; written < chunk.byteLength; )
        written += writeSync(this.#file, chunk, written, chunk.byteLength - written, at + written);
      at += chunk.byteLength;
      see?.(chunk);
    }
  }
}

/** How much is read at first to find a line's end. */
const lineStepBytes = 64 * 1024;

const endless = (place: Location, at: number): SheafError =>
  new SheafError('ROW_MALFORMED', `${pathOf(place)}: the line at byte ${at} does not end`, {
    next: 'Is it text, of one record a line? If so, raise objectLineBytesMax.',
  });

/** Length and magic word, which end a Parquet file. */
export function parquetFooterBytes(tail: Buffer): number {
  const isParquet = tail.length >= 8 && /^PAR[1E]$/.test(tail.toString('latin1', tail.length - 4));
  return isParquet ? tail.readUInt32LE(tail.length - 8) + 8 : 0;
}
