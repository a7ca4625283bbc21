import { bytes, count, KiB, MiB, milliseconds, type Section } from '../setting.ts';

/** Sources and sinks. */
export const connectorSettings = {
  listedPiecesMax: count(1_000_000, {
    min: 1,
    max: 100_000_000,
    doc: 'The most pieces (objects, ranges, pages) to which one source may be cut.',
  }),
  receiptBytesMax: bytes(4 * MiB, {
    min: KiB,
    max: 16 * MiB,
    doc: 'The largest receipt of one task that loads: what its sink’s commit needs to find what it wrote.',
  }),
  receiptsBytesMax: bytes(256 * MiB, {
    min: KiB,
    max: 4096 * MiB,
    doc: 'All receipts of a job together, which the coordinator holds in memory when it commits.',
  }),
  collectRowsMax: count(10_000, {
    min: 1,
    max: 1_000_000,
    doc: 'Rows that one task of a `collect` sink may take: they become its receipt.',
  }),
  permitBurstMs: milliseconds(50, {
    min: 1,
    max: 1_000,
    doc: 'Requests under a rate limit are spread over the second; those of so long may go at once.',
  }),
  permitWaitMs: milliseconds(5_000, {
    min: 10,
    max: 9_000,
    doc: 'How long a worker’s request for permits waits at the coordinator before it is answered with none, and made again.',
  }),
  permitKeysMax: count(10_000, {
    min: 1,
    max: 1_000_000,
    doc: 'Rate limits (origins of APIs) that the coordinator keeps in mind; those that were used longest ago go first.',
  }),
} as const satisfies Section;
