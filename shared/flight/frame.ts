import { SheafError } from '../errors.ts';

/**
 * `FlightData` messages framed by hand: protobufjs would copy each body. On the wire a pull is
 *
 *     schema     data_header = schema message       app_metadata = {"sheaf":1}
 *     batch …    data_header, data_body = a batch   app_metadata = {"part":0,"seq":7,"rows":65536,"crc":3735928559}
 *     end        app_metadata = {"end":[[segments,rows,bytes],…]}                one triple per part of the ticket
 *
 * Where only some rows of a part are wanted, its batches also tell their first row's place in the partition:
 * `"at":131072`.
 *
 * A pull without its end frame is incomplete, whatever its status says.
 */
export type Note =
  | { readonly sheaf: number }
  | { readonly part: number; readonly seq: number; readonly rows: number; readonly crc: number; readonly at?: number }
  | { readonly end: readonly Totals[] };

/** Segments, rows and bytes of one part: of all of it, also when a pull began later. */
export type Totals = readonly [segments: number, rows: number, bytes: number];

const headerTag = (2 << 3) | 2;
const noteTag = (3 << 3) | 2;
const bodyTag = (1000 << 3) | 2;
/** What gRPC puts before a message: receivers keep it in the same memory. */
const grpcPrefixBytes = 5;

/** One message of a Flight stream. */
export interface Frame {
  readonly note: Note;
  /** An Arrow IPC message's metadata; empty in the end frame. */
  readonly metadata: Uint8Array;
  /** Its body, a view into the received message. */
  readonly body: Buffer;
}

/** A message to be filled in: `metadata` and `body` are views into it. */
interface BlankFrame {
  readonly bytes: Buffer;
  readonly metadata: Buffer;
  readonly body: Buffer;
}

/**
 * Makes a message with room for metadata and body, to be read from disk straight into their places. The note is padded
 * so that the body lies at a multiple of 16 in the receiver's memory and needs no copy to be aligned.
 */
export function blankFrame(note: Note, metadataBytes: number, bodyBytes: number): BlankFrame {
  const text = JSON.stringify(note);
  const fixed = metadataBytes === 0 ? 0 : 1 + varintBytes(metadataBytes) + metadataBytes;
  const tail = bodyBytes === 0 ? 0 : 2 + varintBytes(bodyBytes);
  const unpadded = grpcPrefixBytes + fixed + 1 + varintBytes(text.length + 15) + text.length + tail;
  const noteBytes = text.length + ((16 - (unpadded % 16)) % 16);
  // A varint that grows by the padding itself would shift the body: its size is that of the longest padding.
  const bytes = Buffer.allocUnsafeSlow(fixed + 1 + varintBytes(text.length + 15) + noteBytes + tail + bodyBytes);
  let at = 0;
  if (metadataBytes > 0) at = writeVarint(bytes, metadataBytes, writeVarint(bytes, headerTag, at));
  const metadata = bytes.subarray(at, at + metadataBytes);
  at = writeVarint(bytes, noteBytes, writeVarint(bytes, noteTag, at + metadataBytes), varintBytes(text.length + 15));
  at += bytes.write(text.padEnd(noteBytes), at, 'latin1');
  if (bodyBytes > 0) at = writeVarint(bytes, bodyBytes, writeVarint(bytes, bodyTag, at));
  return { bytes, metadata, body: bytes.subarray(at) };
}

/** A message without a body. */
export function noteFrame(note: Note, metadata: Uint8Array = new Uint8Array()): Buffer {
  const frame = blankFrame(note, metadata.length, 0);
  frame.metadata.set(metadata);
  return frame.bytes;
}

/**
 * Reads a message. Nothing is copied.
 *
 * @throws SheafError `FILE_CORRUPT` if it is not a `FlightData` of ours
 */
export function parseFrame(bytes: Buffer): Frame {
  let metadata: Buffer = empty;
  let note: Buffer = empty;
  let body: Buffer = empty;
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at);
    if ((tag.value & 7) !== 2) throw malformed('a field of another type than bytes');
    const length = readVarint(bytes, tag.next);
    at = length.next + length.value;
    if (at > bytes.length) throw malformed('a field that is cut short');
    const field = bytes.subarray(length.next, at);
    if (tag.value === headerTag) metadata = field;
    if (tag.value === noteTag) note = field;
    if (tag.value === bodyTag) body = field;
  }
  return { metadata, body, note: parseNote(note) };
}

const empty = Buffer.alloc(0);

function parseNote(bytes: Buffer): Note {
  try {
    const note: unknown = JSON.parse(bytes.toString('latin1'));
    if (typeof note === 'object' && note !== null) return note as Note;
  } catch {
    // As below: no JSON is no note.
  }
  throw malformed('no note of length and checksum');
}

const malformed = (what: string): SheafError =>
  new SheafError('FILE_CORRUPT', `A Flight message arrived with ${what}`, {
    retryable: true,
    next: 'Check that the address is that of a Sheaf process of the same version.',
  });

const varintBytes = (value: number): number => (value < 0x80 ? 1 : 1 + varintBytes(Math.floor(value / 0x80)));

/** Writes at least `bytesMin` bytes: a varint may carry leading zeros. */
function writeVarint(out: Buffer, value: number, at: number, bytesMin = 1): number {
  const more = value >= 0x80 || bytesMin > 1;
  out[at] = (value % 0x80) | (more ? 0x80 : 0);
  return more ? writeVarint(out, Math.floor(value / 0x80), at + 1, bytesMin - 1) : at + 1;
}

function readVarint(bytes: Buffer, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let shift = 0; shift < 5; shift++) {
    const byte = bytes[at + shift] ?? 0x80;
    value += (byte & 0x7f) * 2 ** (7 * shift);
    if (byte < 0x80) return { value, next: at + shift + 1 };
  }
  throw malformed('a number that does not end');
}
