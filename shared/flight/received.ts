import { SheafError } from '../errors.ts';
import { crcOf } from '../exchange/layout.ts';
import type { Frame, Note } from './frame.ts';
import type { Ticket } from './ticket.ts';

/** The Arrow schema message, then batches: what a pull yields. */
export type FlightFrame = { readonly kind: 'schema'; readonly schema: Uint8Array } | FrameBatch;

/** One batch as an Arrow IPC message. The bytes are views into the received message, the body at a multiple of 16. */
export interface FrameBatch {
  readonly kind: 'batch';
  /** The part's place in the ticket. */
  readonly part: number;
  /** The segment's place in its part. */
  readonly seq: number;
  readonly rows: number;
  /** Where only some rows of the part are wanted: its first row's place in the partition. */
  readonly at?: number;
  /** CRC-32 of metadata and body. */
  readonly crc: number;
  readonly metadata: Uint8Array;
  readonly body: Uint8Array;
}

interface Count {
  segments: number;
  rows: number;
  bytes: number;
}

/** What has arrived of a pull: checks that nothing is missing, and says where to go on after a break. Pure. */
export class Received {
  readonly #counts: Count[];
  readonly #verify: boolean;
  #part = 0;
  #schema: Uint8Array | undefined;
  #complete = false;

  /** @param verify whether to check each batch's CRC here; otherwise it is left to whoever reads the bytes at last */
  constructor(ticket: Ticket, verify: boolean) {
    const parts = ticket.kind === 'parts' ? ticket.parts.length : 1;
    this.#counts = Array.from({ length: parts }, () => ({ segments: 0, rows: 0, bytes: 0 }));
    this.#verify = verify;
  }

  /** The part that was last heard of: where a pull that broke off is taken to have failed. */
  get part(): number {
    return this.#part;
  }

  get complete(): boolean {
    return this.#complete;
  }

  /** The same ticket without what has arrived. */
  rest(ticket: Ticket): Ticket {
    const skipOf = (part: number): number => this.#counts[part]?.segments ?? 0;
    if (ticket.kind === 'dataset') return { ...ticket, skip: skipOf(0) };
    return { ...ticket, parts: ticket.parts.map((part, place) => ({ ...part, skip: skipOf(place) })) };
  }

  /**
   * Takes in a frame and yields what it is to the reader: nothing for the end, nor for a schema seen before.
   *
   * @throws SheafError `FILE_CORRUPT` for anything but the next frame, undamaged
   */
  accept(frame: Frame): FlightFrame | undefined {
    const { note } = frame;
    if (this.#complete) throw broken('a message after its end');
    if ('end' in note) return this.#end(note.end);
    if ('sheaf' in note) return this.#start(frame.metadata);
    if ('part' in note) return this.#batch(note, frame);
    throw broken('a note of no known kind');
  }

  #start(schema: Uint8Array): FlightFrame | undefined {
    const first = this.#schema === undefined;
    if (!first && Buffer.compare(this.#schema ?? schema, schema) !== 0)
      throw broken('another schema than before it broke');
    this.#schema = schema;
    return first ? { kind: 'schema', schema } : undefined;
  }

  #batch(note: Extract<Note, { part: number }>, { metadata, body }: Frame): FrameBatch {
    const { part, seq, rows, crc, at } = note;
    const count = this.#counts[part];
    if (this.#schema === undefined) throw broken('no schema');
    if (count === undefined || part < this.#part || seq !== count.segments) throw broken('a batch out of order');
    this.#part = part;
    if (this.#verify && crcOf(metadata, body) !== crc) throw broken('a batch whose checksum differs');
    count.segments += 1;
    count.rows += rows;
    count.bytes += metadata.length + body.length;
    return { kind: 'batch', part, seq, rows, crc, metadata, body, ...(at === undefined ? {} : { at }) };
  }

  #end(totals: Extract<Note, { end: unknown }>['end']): undefined {
    const short = this.#counts.findIndex(({ segments, rows, bytes }, part) => {
      const total = totals[part];
      return total === undefined || total[0] !== segments || total[1] !== rows || total[2] !== bytes;
    });
    if (short >= 0) this.#part = short;
    if (short >= 0 || totals.length !== this.#counts.length) throw broken('fewer batches than its end frame counts');
    this.#complete = true;
    return undefined;
  }
}

/**
 * The error for a damaged Flight stream; retryable, since its tasks can run again.
 *
 * @param what completes the sentence
 */
export const broken = (what: string): SheafError =>
  new SheafError('FILE_CORRUPT', `A Flight stream arrived with ${what}`, {
    retryable: true,
    next: 'The tasks that wrote it run again. If this recurs, check the disk, memory and network of that machine.',
  });
