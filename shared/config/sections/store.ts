import { bytes, count, KiB, MiB, milliseconds, type Section } from '../setting.ts';

/** Limits of the store that holds membership, leadership and small job metadata (etcd, or the embedded one). */
export const storeSettings = {
  storeTimeoutMs: milliseconds(2_000, {
    min: 50,
    max: 60_000,
    doc: 'How long one operation on the store may take. Well under the leases, so that a renewal can be tried again.',
  }),
  storeRetryMs: milliseconds(250, {
    min: 10,
    max: 60_000,
    doc: 'Pause before an operation on an unreachable store is tried again.',
  }),
  storeRelistMs: milliseconds(5_000, {
    min: 50,
    max: 600_000,
    doc: 'How often watched keys are listed anyway: a watch is a hint that can be lost.',
  }),
  storeValueBytesMax: bytes(MiB, {
    min: KiB,
    max: MiB,
    doc: 'The largest value, and the largest sum of values in one transaction. etcd takes 1.5 MiB per request.',
  }),
  storeOperationsMax: count(128, {
    min: 8,
    max: 128,
    doc: 'Operations in one transaction. etcd takes 128.',
  }),
  stateJournalBytesMax: bytes(16 * MiB, {
    min: KiB,
    max: 1024 * MiB,
    doc: 'Size at which the journal of a folder of state (`--state-dir`) is replaced by a snapshot.',
  }),
  stateLockWaitMs: milliseconds(5_000, {
    min: 0,
    max: 600_000,
    doc: 'How long a cluster waits for the folder of state while another one, which may be about to end, has it.',
  }),
  leaderTtlMs: milliseconds(10_000, {
    min: 1_000,
    max: 600_000,
    doc: "Lifetime of the leader's lease. A leader that cannot renew it stops leading after two thirds; another takes over when it has passed.",
  }),
  workerTtlMs: milliseconds(10_000, {
    min: 1_000,
    max: 600_000,
    doc: "Lifetime of a worker's lease. A worker that cannot renew it is lost, and comes back as a new incarnation.",
  }),
} as const satisfies Section;
