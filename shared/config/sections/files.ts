import { bytes, count, MiB, milliseconds, type Section } from '../setting.ts';

/** Limits of loading into files. */
export const fileSettings = {
  fileSinkMemoryBytes: bytes(256 * MiB, {
    min: 64 * MiB,
    max: 64 * 1024 * MiB,
    doc: 'Memory in which one task sorts its rows into partitions and encodes them; what is more is spilled.',
  }),
  fileSinkPartitionsMax: count(10_000, {
    min: 1,
    max: 1_000_000,
    doc: 'Files that one task may write: one for each partition that it has rows of, and for each of its parts.',
  }),
  fileCursorNamesMax: count(2_000, {
    min: 1,
    max: 1_000_000,
    doc: 'Files that the cursor of an incremental listing remembers, by 12 characters each: those of its newest times.',
  }),
  fileCursorOverlapMs: milliseconds(3_600_000, {
    min: 0,
    max: 30 * 86_400_000,
    doc: 'How much older than the newest known file a file may be and still count as new when it appears: an object carries the time at which its upload began.',
  }),
} as const satisfies Section;
