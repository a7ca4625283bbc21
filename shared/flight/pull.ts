import { SheafError } from '../errors.ts';
import { partitionSize, type Segment, segmentBytes } from '../exchange/layout.ts';
import type { ByteBudget } from './byte-budget.ts';
import { blankFrame, noteFrame, type Totals } from './frame.ts';
import type { SegmentFile, SegmentSource } from './source.ts';
import type { Wanted } from './ticket.ts';

/** What answering a pull needs. */
export interface PullContext {
  readonly source: SegmentSource;
  /** Bytes read ahead of the readers, over all pulls: held from the read until the message is handed to gRPC. */
  readonly budget: ByteBudget;
  readonly signal: AbortSignal;
}

/**
 * The messages that answer a ticket: schema, batches, end. What fails is told with the part's place in the ticket.
 *
 * @throws SheafError `FILE_NOT_FOUND`, `FILE_CORRUPT`, `SCHEMA_MISMATCH`, with `details.part`
 */
export async function* framesOf(wanted: readonly Wanted[], context: PullContext): AsyncGenerator<Buffer> {
  const totals: Totals[] = [];
  let schema: Uint8Array | undefined;
  for (const [part, want] of wanted.entries()) {
    try {
      await using file = await context.source.open(want.owner);
      if (schema === undefined) yield noteFrame({ sheaf: 1 }, file.index.schema);
      else if (Buffer.compare(schema, file.index.schema) !== 0) throw otherSchema();
      schema = file.index.schema;
      const segments = segmentsOf(file, want);
      totals.push(totalsOf(segments));
      yield* partFrames(part, segments, file, { ...context, skip: want.skip });
    } catch (error) {
      throw inPart(part, error);
    }
  }
  yield noteFrame({ end: totals });
}

interface PartContext extends PullContext {
  readonly skip: number;
}

async function* partFrames(part: number, segments: readonly PlacedSegment[], file: SegmentFile, context: PartContext) {
  for (const [seq, segment] of segments.entries()) {
    if (seq < context.skip) continue;
    const bytes = segmentBytes(segment);
    await context.budget.take(bytes, context.signal);
    try {
      const { rows, crc, metadataBytes, bodyBytes, at } = segment;
      const note = { part, seq, rows, crc, ...(at === undefined ? {} : { at }) };
      const frame = blankFrame(note, metadataBytes, bodyBytes);
      await file.read(segment, frame.metadata, frame.body);
      yield frame.bytes;
    } finally {
      context.budget.give(bytes);
    }
  }
}

/** With its first row's place in the partition, if only some rows are wanted. */
type PlacedSegment = Segment & { readonly at?: number };

function segmentsOf(file: SegmentFile, want: Wanted): readonly PlacedSegment[] {
  const segments = file.index.partitions[want.partition];
  if (segments !== undefined && (want.to === undefined || want.to <= segments.length)) {
    return want.range === undefined ? segments.slice(want.from, want.to) : holding(segments, want.range);
  }
  const what = segments === undefined ? `partition ${want.partition}` : `segments up to ${want.to}`;
  throw new SheafError('FILE_NOT_FOUND', `The exchange file holds no ${what}`, {
    next: 'This looks like a bug in Sheaf: please report it.',
  });
}

/** Those that hold some of the rows. */
function holding(segments: readonly Segment[], { first, rows }: NonNullable<Wanted['range']>): PlacedSegment[] {
  let next = 0;
  const placed = segments.map((segment) => {
    const at = next;
    next += segment.rows;
    return { ...segment, at };
  });
  return placed.filter((segment) => segment.at < first + rows && segment.at + segment.rows > first);
}

function totalsOf(segments: readonly Segment[]): Totals {
  const { rows, bytes } = partitionSize(segments);
  return [segments.length, rows, bytes];
}

const otherSchema = (): SheafError =>
  new SheafError('SCHEMA_MISMATCH', 'The parts of one pull have different schemas', {
    next: 'Ask for the parts of one stage at a time.',
  });

function inPart(part: number, thrown: unknown): SheafError {
  const error = SheafError.from(thrown);
  return new SheafError(error.code, error.message, {
    ...error.toData(),
    cause: error,
    details: { ...error.details, part },
  });
}
