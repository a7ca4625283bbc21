import { crc32 } from 'node:zlib';
import { SheafError } from '../errors.ts';
import type { AttemptKey, JobId } from '../ids.ts';
import type { PartitionSize } from '../stage/task.ts';

/**
 * An exchange file, all integers little-endian:
 *
 *     magic (8) │ segments, contiguous │ index │ trailer (32)
 *
 *     segment   0xFFFFFFFF (4) │ metadata length (4) │ metadata │ body       one encapsulated Arrow IPC message
 *     index     head (JSON: owner) │ schema message │ segments per partition │ entries by partition, in written order
 *     entry     offset (8) │ metadata bytes (4) │ body bytes (4) │ rows (4) │ CRC-32 of metadata and body (4)
 *     trailer   index offset (8) │ index bytes (4) │ index CRC-32 (4) │ version (4) │ CRC-32 of these (4) │ magic (8)
 *
 * Every byte is checked: by the magic, by a CRC, or by the lengths. The file gets its
 * name by rename when it is complete, so a torn one is never found.
 */
const layoutVersion = 1;
/** Begins and ends every exchange file. */
export const magic = Buffer.from('SHEAFXCH');
/** Length of the trailer, by which a reader finds the index. */
export const trailerBytes = 32;
/** Continuation mark and length before each message's metadata. */
export const prefixBytes = 8;
const entryBytes = 24;
const continuation = 0xff_ff_ff_ff;

/** Whose bytes a file holds. */
export type FileOwner =
  | { readonly kind: 'attempt'; readonly key: AttemptKey }
  /** Held by a client alone, kept by the coordinator: one partition. */
  | { readonly kind: 'dataset'; readonly dataset: string }
  /** Fetched from other workers: one partition for each part that was asked for. */
  | { readonly kind: 'spool'; readonly job: JobId; readonly spool: string };

/** Where one message lies. Offsets are of the prefix before the metadata. */
export interface Segment {
  readonly offset: number;
  readonly metadataBytes: number;
  readonly bodyBytes: number;
  readonly rows: number;
  /** CRC-32 of metadata and body, the same on disk and on the wire. */
  readonly crc: number;
}

/** What an exchange file says of itself. */
export interface FileIndex {
  readonly owner: FileOwner;
  /** The Arrow schema message (a flatbuffer, without prefix). */
  readonly schema: Uint8Array;
  /** Per partition, its segments in written order. */
  readonly partitions: readonly (readonly Segment[])[];
}

/** Bytes of a segment as readers count them: metadata and body. */
export const segmentBytes = (segment: Segment): number => segment.metadataBytes + segment.bodyBytes;

/** Rows and bytes of a partition's segments. */
export const partitionSize = (segments: readonly Segment[]): PartitionSize => ({
  rows: segments.reduce((sum, segment) => sum + segment.rows, 0),
  bytes: segments.reduce((sum, segment) => sum + segmentBytes(segment), 0),
});

/** CRC-32 over several pieces as if they were one. */
export const crcOf = (...pieces: readonly Uint8Array[]): number => pieces.reduce((crc, piece) => crc32(piece, crc), 0);

/** The eight bytes before a message's metadata. */
export function prefixOf(metadataBytes: number): Buffer {
  const prefix = Buffer.allocUnsafe(prefixBytes);
  prefix.writeUInt32LE(continuation, 0);
  prefix.writeUInt32LE(metadataBytes, 4);
  return prefix;
}

/** Whether the eight bytes before a segment's metadata are what they must be. */
export const prefixMatches = (prefix: Buffer, segment: Segment): boolean =>
  prefix.readUInt32LE(0) === continuation && prefix.readUInt32LE(4) === segment.metadataBytes;

/** Index and trailer: the bytes that end a file whose index begins at `offset`. */
export function encodeIndex(index: FileIndex, offset: number): Buffer {
  const head = Buffer.from(JSON.stringify({ owner: index.owner }));
  const segments = index.partitions.flat();
  const bytes = 16 + head.length + index.schema.length + 4 * index.partitions.length + entryBytes * segments.length;
  const out = Buffer.allocUnsafe(bytes + trailerBytes);
  let at = 0;
  for (const value of [head.length, index.schema.length, index.partitions.length, segments.length]) {
    at = out.writeUInt32LE(value, at);
  }
  at += head.copy(out, at);
  out.set(index.schema, at);
  at += index.schema.length;
  for (const partition of index.partitions) at = out.writeUInt32LE(partition.length, at);
  for (const segment of segments) at = writeEntry(out, segment, at);
  writeTrailer(out.subarray(bytes), { offset, bytes, crc: crc32(out.subarray(0, bytes)) });
  return out;
}

function writeEntry(out: Buffer, segment: Segment, at: number): number {
  out.writeBigUInt64LE(BigInt(segment.offset), at);
  out.writeUInt32LE(segment.metadataBytes, at + 8);
  out.writeUInt32LE(segment.bodyBytes, at + 12);
  out.writeUInt32LE(segment.rows, at + 16);
  out.writeUInt32LE(segment.crc, at + 20);
  return at + entryBytes;
}

function writeTrailer(out: Buffer, index: IndexPlace): void {
  out.writeBigUInt64LE(BigInt(index.offset), 0);
  out.writeUInt32LE(index.bytes, 8);
  out.writeUInt32LE(index.crc, 12);
  out.writeUInt32LE(layoutVersion, 16);
  out.writeUInt32LE(crc32(out.subarray(0, 20)), 20);
  magic.copy(out, 24);
}

/** Where a file's index lies, as its trailer says. */
export interface IndexPlace {
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
}

/**
 * Reads a file's last 32 bytes.
 *
 * @throws SheafError `FILE_CORRUPT` naming the path
 */
export function decodeTrailer(trailer: Buffer, fileBytes: number, path: string): IndexPlace {
  if (!trailer.subarray(24).equals(magic)) throw corrupt(path, 'it does not end in the mark of an exchange file');
  if (trailer.readUInt32LE(20) !== crc32(trailer.subarray(0, 20)))
    throw corrupt(path, "its trailer's checksum differs");
  const version = trailer.readUInt32LE(16);
  if (version !== layoutVersion) throw corrupt(path, `it has layout version ${version}, this is ${layoutVersion}`);
  const offset = Number(trailer.readBigUInt64LE(0));
  const bytes = trailer.readUInt32LE(8);
  if (offset + bytes + trailerBytes !== fileBytes)
    throw corrupt(path, `it has ${fileBytes} bytes, not as many as written`);
  return { offset, bytes, crc: trailer.readUInt32LE(12) };
}

/**
 * Reads an index.
 *
 * @throws SheafError `FILE_CORRUPT` naming the path
 */
export function decodeIndex(bytes: Buffer, place: IndexPlace, path: string): FileIndex {
  if (crc32(bytes) !== place.crc) throw corrupt(path, "its index's checksum differs");
  const [headBytes, schemaBytes, partitionCount] = [0, 4, 8].map((at) => bytes.readUInt32LE(at)) as [
    number,
    number,
    number,
  ];
  const schemaAt = 16 + headBytes;
  const countsAt = schemaAt + schemaBytes;
  const { owner } = JSON.parse(bytes.toString('utf8', 16, schemaAt)) as { owner: FileOwner };
  let at = countsAt + 4 * partitionCount;
  const partitions = Array.from({ length: partitionCount }, (_, partition) =>
    Array.from({ length: bytes.readUInt32LE(countsAt + 4 * partition) }, () => {
      at += entryBytes;
      return readEntry(bytes, at - entryBytes);
    }),
  );
  const index = { owner, schema: Uint8Array.from(bytes.subarray(schemaAt, countsAt)), partitions };
  return index;
}

const readEntry = (bytes: Buffer, at: number): Segment => ({
  offset: Number(bytes.readBigUInt64LE(at)),
  metadataBytes: bytes.readUInt32LE(at + 8),
  bodyBytes: bytes.readUInt32LE(at + 12),
  rows: bytes.readUInt32LE(at + 16),
  crc: bytes.readUInt32LE(at + 20),
});

/**
 * The error for a damaged exchange file; retryable, since its tasks can run again.
 *
 * @param what completes the sentence
 */
export const corrupt = (path: string, what: string): SheafError =>
  new SheafError('FILE_CORRUPT', `The exchange file ${path} is damaged: ${what}`, {
    next: 'The tasks that wrote it run again. If this recurs, check the disk and memory of that machine.',
    retryable: true,
    details: { path },
  });
