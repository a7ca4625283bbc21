import { bytes, count, MiB, type Section } from '../setting.ts';

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
  fileCursorNamesMax: count(10_000, {
    min: 1,
    max: 1_000_000,
    doc: 'Names that the cursor of an incremental listing may hold: the files of its newest time.',
  }),
} as const satisfies Section;
