import { z } from 'zod';
import { SheafError } from '../errors.ts';
import type { FileOwner } from '../exchange/layout.ts';
import { jobId, stageId } from '../ids.ts';

/** One partition of one attempt's file. */
export interface TicketPart {
  readonly stage: number;
  readonly task: number;
  readonly attempt: number;
  readonly partition: number;
  /** Segments to leave out because the reader has them: a broken pull goes on where it stopped. Default 0. */
  readonly skip?: number;
}

/** What a pull asks for: partitions of attempts, in the order they shall come, or segments of a client's dataset. */
export type Ticket =
  | { readonly kind: 'parts'; readonly job: string; readonly parts: readonly TicketPart[] }
  | {
      readonly kind: 'dataset';
      readonly dataset: string;
      readonly from: number;
      readonly to: number;
      /** As of a part. */
      readonly skip?: number;
    };

/** A piece of a file that a ticket names: segments `[from, to)` of a partition (no `to`: to its end). */
export interface Wanted {
  readonly owner: FileOwner;
  readonly partition: number;
  readonly from: number;
  readonly to: number | undefined;
  /** How many of these the reader has already. */
  readonly skip: number;
}

/**
 * As it travels: `{"job":"j","parts":[[stage,task,attempt,partition,skip],…]}`, or
 * `{"dataset":"d","from":0,"to":8}`.
 */
export function encodeTicket(ticket: Ticket): Buffer {
  const { kind: _, ...rest } = ticket;
  if (ticket.kind === 'dataset') return Buffer.from(JSON.stringify(rest));
  const parts = ticket.parts.map(({ stage, task, attempt, partition, skip = 0 }) => [
    stage,
    task,
    attempt,
    partition,
    skip,
  ]);
  return Buffer.from(JSON.stringify({ job: ticket.job, parts }));
}

const whole = z.int().nonnegative();
const partsShape = z.strictObject({
  job: z.string(),
  parts: z.array(z.union([z.tuple([whole, whole, whole, whole, whole]), z.tuple([whole, whole, whole, whole])])).min(1),
});
const datasetShape = z.strictObject({
  dataset: z.string(),
  from: whole,
  to: whole,
  skip: whole.optional(),
});

/**
 * Reads a ticket that came over the wire.
 *
 * @throws SheafError `USAGE` if it is none, or asks for more than `partsMax`
 */
export function decodeTicket(bytes: Uint8Array, partsMax: number): Wanted[] {
  const json = parsed(bytes);
  const dataset = datasetShape.safeParse(json);
  if (dataset.success) return [ofDataset(dataset.data)];
  const ticket = partsShape.safeParse(json);
  if (!ticket.success) throw invalid('it has neither the shape of parts nor of a dataset', ticket.error);
  const { job, parts } = ticket.data;
  if (parts.length > partsMax)
    throw invalid(`it asks for ${parts.length} parts, at most ${partsMax} are served at once`);
  return parts.map(([stage, task, attempt, partition, skip = 0]) => ({
    owner: { kind: 'attempt', key: { job: jobId(job), stage: stageId(stage), task, attempt } },
    partition,
    from: 0,
    to: undefined,
    skip,
  }));
}

const ofDataset = ({ dataset, from, to, skip = 0 }: z.infer<typeof datasetShape>): Wanted => ({
  owner: { kind: 'dataset', dataset },
  partition: 0,
  from,
  to,
  skip,
});

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch (cause) {
    throw invalid('it is not JSON', cause);
  }
}

const invalid = (what: string, cause?: unknown): SheafError =>
  new SheafError('USAGE', `This Flight ticket cannot be served: ${what}`, {
    cause,
    next: 'Use a ticket as Sheaf gives it out: {"job":…,"parts":[[stage,task,attempt,partition],…]}.',
  });
