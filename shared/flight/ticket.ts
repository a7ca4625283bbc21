import type { FileOwner } from '../exchange/layout.ts';

/** One partition of one attempt's file. */
interface TicketPart {
  readonly stage: number;
  readonly task: number;
  readonly attempt: number;
  readonly partition: number;
  /** Segments to leave out because the reader has them: a broken pull goes on where it stopped. Default 0. */
  readonly skip?: number;
  /** Rows `[firstRow, firstRow + rows)` are wanted: the segments that hold some of them come whole. Absent: all. */
  readonly firstRow?: number;
  readonly rows?: number;
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
  /** Of these, only segments that hold some of so many rows from the partition's row `first`. */
  readonly range?: { readonly first: number; readonly rows: number };
  /** How many of these the reader has already. */
  readonly skip: number;
}

/**
 * As it travels: `{"job":"j","parts":[[stage,task,attempt,partition,skip],…]}`, each with first row and rows behind
 * where a range is wanted, or `{"dataset":"d","from":0,"to":8}`.
 */
export function encodeTicket(ticket: Ticket): Buffer {
  const { kind: _, ...rest } = ticket;
  if (ticket.kind === 'dataset') return Buffer.from(JSON.stringify(rest));
  const parts = ticket.parts.map(({ stage, task, attempt, partition, skip = 0, firstRow, rows = 0 }) => [
    ...[stage, task, attempt, partition, skip],
    ...(firstRow === undefined ? [] : [firstRow, rows]),
  ]);
  return Buffer.from(JSON.stringify({ job: ticket.job, parts }));
}
