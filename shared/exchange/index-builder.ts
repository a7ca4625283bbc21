import { SheafError } from '../errors.ts';
import type { PartitionSize } from '../stage/task.ts';
import {
  encodeIndex,
  type FileOwner,
  magic,
  partitionSize,
  prefixBytes,
  type Segment,
  segmentBytes,
} from './layout.ts';

/** Collects where segments lie while a file is written. Pure: the writers do the writing. */
export class IndexBuilder {
  readonly #owner: FileOwner;
  readonly #partitions: Segment[][];
  #offset = magic.length;

  constructor(owner: FileOwner, partitions: number) {
    this.#owner = owner;
    this.#partitions = Array.from({ length: partitions }, () => []);
  }

  /** Where the next segment begins. */
  get offset(): number {
    return this.#offset;
  }

  /** Gives a segment the next place in the file. */
  add(partition: number, segment: Omit<Segment, 'offset'>): Segment {
    const segments = this.#partitions[partition];
    if (segments === undefined) {
      throw new SheafError('INTERNAL', `Partition ${partition} of ${this.#partitions.length} does not exist`);
    }
    const placed = { offset: this.#offset, ...segment };
    segments.push(placed);
    this.#offset += prefixBytes + segmentBytes(placed);
    return placed;
  }

  sizes(): PartitionSize[] {
    return this.#partitions.map(partitionSize);
  }

  /** The bytes that end the file. */
  encode(schema: Uint8Array): Buffer {
    return encodeIndex({ owner: this.#owner, schema, partitions: this.#partitions }, this.#offset);
  }
}
