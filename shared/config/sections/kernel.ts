import { bytes, count, GiB, KiB, MiB, milliseconds, type Section } from '../setting.ts';

/** Limits of the per-task SQL kernel. */
export const kernelSettings = {
  batchRowsMax: count(64 * KiB, {
    min: 2048,
    max: 16 * 1024 * KiB,
    doc: 'Rows at which a batch under construction is emitted. DuckDB works in chunks of 2,048 rows.',
  }),
  batchBytesMax: bytes(4 * MiB, {
    min: 64 * KiB,
    max: GiB,
    doc: 'Bytes at which a batch under construction is emitted, whatever its rows.',
  }),
  inputHeldBytesMax: bytes(256 * MiB, {
    min: MiB,
    max: 64 * GiB,
    doc: 'Bytes of input batches that DuckDB may hold at a time on one thread. It reads them in place and lets go of one soon after it asked for the next.',
  }),
  threadBufferBytesMax: bytes(64 * MiB, {
    min: 0,
    max: 64 * GiB,
    doc: 'Unused buffers of batches that each thread keeps for the next ones. Fresh ones cost page faults and garbage collections.',
  }),
  partitionBufferBytesMax: bytes(64 * MiB, {
    min: MiB,
    max: 64 * GiB,
    doc: 'Bytes that a partitioned query gathers over all its partitions before it emits the largest batch, however small.',
  }),
  slotMemoryBytesMin: bytes(256 * MiB, {
    min: 16 * MiB,
    max: 64 * GiB,
    doc: 'The floor of memory for each slot of a worker, checked when it starts.',
  }),
  interruptIntervalMs: milliseconds(50, {
    min: 1,
    max: 10_000,
    doc: 'How often a cancelled query is interrupted until its thread acknowledges: an early interrupt is lost.',
  }),
} as const satisfies Section;
