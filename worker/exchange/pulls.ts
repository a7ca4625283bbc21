import type { SheafError } from '../../shared/errors.ts';
import { fetchFailed } from '../../shared/exchange/fetch-failed.ts';
import type { Ticket } from '../../shared/flight/ticket.ts';
import type { JobId } from '../../shared/ids.ts';
import type { ExchangePart } from '../../shared/stage/exchange-part.ts';
import type { Wish } from './protocol.ts';

/** One call: parts from one address, with their places in the spool that it fills. */
export interface Pull {
  readonly address: string;
  readonly ticket: Ticket;
  readonly places: readonly Place[];
  /** What the task is told when a part of it could not be pulled: an error that names the part's producer. */
  readonly blame: (part: number, error: SheafError) => SheafError;
}

/** Where a pulled part goes in the spool, and what is expected of it. */
export interface Place {
  /** Partition of the spool. */
  readonly partition: number;
  /** Rows that the producer reported; undefined: not known, or what holds the rows that are wanted may hold others. */
  readonly rows: number | undefined;
}

/** Groups parts by address, at most so many to a call. Place i of the spool is part i. */
export function pullsOfParts(job: JobId, parts: readonly ExchangePart[], partsMax: number): Pull[] {
  const placed = parts.map((part, partition) => ({ part, partition }));
  const byAddress = Object.values(Object.groupBy(placed, ({ part }) => part.address));
  return byAddress.flatMap((all = []) => {
    const calls = Array.from({ length: Math.ceil(all.length / partsMax) }, (_, call) => call * partsMax);
    return calls.map((from) => pullOf(job, all.slice(from, from + partsMax)));
  });
}

function pullOf(job: JobId, placed: readonly { readonly part: ExchangePart; readonly partition: number }[]): Pull {
  const parts = placed.map(({ part }) => part);
  return {
    address: parts[0]?.address ?? '',
    ticket: { kind: 'parts', job, parts },
    places: placed.map(({ part, partition }) => ({
      partition,
      rows: part.firstRow === undefined ? part.rows : undefined,
    })),
    blame: (part, error) => {
      const producer = parts[part] ?? parts[0];
      return producer === undefined ? error : fetchFailed(producer, error);
    },
  };
}

/** The call that brings segments of a client's dataset; its errors stay as they are. */
export function pullOfDataset({ dataset, segments, address }: Wish & { kind: 'dataset' }): Pull {
  const ticket = { kind: 'dataset', dataset, from: segments.from, to: segments.to } as const;
  return { address, ticket, places: [{ partition: 0, rows: undefined }], blame: (_, error) => error };
}
