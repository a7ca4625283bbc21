import { bytes, count, GiB, KiB, MiB, type Section } from '../setting.ts';

/** Limits of reading logs. */
export const logSettings = {
  logLineBytesMax: bytes(MiB, {
    min: KiB,
    max: GiB,
    doc: 'How long a line of a log may be; a longer one is rejected, with its beginning.',
  }),
  logBatchRows: count(65_536, {
    min: 1,
    max: 1_048_576,
    doc: 'Rows of a batch of log lines. A batch of 4 MiB of text is full, too.',
  }),
  logPieceBytesMin: bytes(4 * MiB, {
    min: KiB,
    max: GiB,
    doc: 'A log is not cut into smaller pieces than this.',
  }),
  logReadBytes: bytes(MiB, {
    min: 4 * KiB,
    max: 64 * MiB,
    doc: 'How much of a log is read from its file at a time.',
  }),
} as const satisfies Section;
