import { bytes, GiB, MiB, milliseconds, type Section } from '../setting.ts';

/** Limits of a worker's runtime. */
export const workerSettings = {
  threadHeapBytesMax: bytes(1 * GiB, {
    min: 32 * MiB,
    max: 1024 * GiB,
    doc: 'JavaScript objects of the functions on one thread. Beyond it the thread is replaced and its task fails; record batches lie outside of it.',
  }),
  functionStopGraceMs: milliseconds(1_000, {
    min: 10,
    max: 600_000,
    doc: 'How long a user function of a cancelled attempt may go on before its thread is terminated and replaced.',
  }),
  nativeStopGraceMs: milliseconds(60_000, {
    min: 1_000,
    max: 3_600_000,
    doc: 'How long a native query of a cancelled attempt may ignore its interrupts before the worker drains and exits.',
  }),
  reconnectIntervalMs: milliseconds(500, {
    min: 10,
    max: 60_000,
    doc: 'How long a worker waits before it looks for the leader again.',
  }),
  sessionTimeoutMs: milliseconds(10_000, {
    min: 100,
    max: 600_000,
    doc: 'How long a leader may take to welcome a worker.',
  }),
  workerOverheadBytes: bytes(640 * MiB, {
    min: 64 * MiB,
    max: 1024 * GiB,
    doc: "What a worker's process may hold beside the memory of its kernel: Node.js with its threads and libraries (about 300 MiB), buffers of the exchange, of files and of functions. It does not grow with the data. A worker that holds more says so once.",
  }),
  usageSampleMs: milliseconds(50, {
    min: 5,
    max: 60_000,
    doc: 'How often a worker that runs tasks looks at its spill directory and its memory, for the reports of jobs.',
  }),
} as const satisfies Section;
