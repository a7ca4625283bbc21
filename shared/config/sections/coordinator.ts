import { bytes, count, GiB, KiB, MiB, milliseconds, type Section } from '../setting.ts';

/** Limits of a coordinator's shell: what it keeps, and for how long. */
export const coordinatorSettings = {
  watchIntervalMs: milliseconds(100, {
    min: 10,
    max: 60_000,
    doc: 'The shortest time between two progress updates to a client that watches a job. Its end is told at once.',
  }),
  resultRetentionMs: milliseconds(600_000, {
    min: 1_000,
    max: 604_800_000,
    doc: 'How long the result of a job is kept for a client that does not fetch it.',
  }),
  plannedSlotsMin: count(1, {
    min: 1,
    max: 1_000_000,
    doc: 'Slots that a plan counts on at least, for clusters whose workers are still to come. An embedded cluster counts on all of its own.',
  }),
  catalogEntriesMax: count(1_000, {
    min: 0,
    max: 100_000,
    doc: 'How many tables and views the catalog holds.',
  }),
  catalogEntryBytesMax: bytes(64 * KiB, {
    min: KiB,
    max: MiB,
    doc: 'How large one of them may be: its name, columns, and paths or question, as JSON.',
  }),
  jobHistoryMax: count(1_000, {
    min: 1,
    max: 1_000_000,
    doc: 'How many ended jobs `sheaf jobs` still knows.',
  }),
  jobTakeoversMax: count(5, {
    min: 0,
    max: 1_000,
    doc: 'How many leaders may end under one job. Then it fails: it may be what ends them.',
  }),
  blobRetentionMs: milliseconds(7 * 86_400_000, {
    min: 60_000,
    max: 365 * 86_400_000,
    doc: 'How long function bundles that no job uses are kept in a directory that coordinators share.',
  }),
  blobSweepMs: milliseconds(600_000, {
    min: 1_000,
    max: 86_400_000,
    doc: 'How often the leader looks for such bundles, and for datasets that their clients never used.',
  }),
  jobsActiveMax: count(1_000, {
    min: 1,
    max: 1_000_000,
    doc: 'How many jobs may be planned or run at a time; one more is refused.',
  }),
  planningMemoryBytes: bytes(512 * MiB, {
    min: 64 * MiB,
    max: 64 * GiB,
    doc: 'Memory of the coordinator’s own DuckDB, which reads footers, samples and syntax trees.',
  }),
  planBytesMax: bytes(8 * MiB, {
    min: KiB,
    max: 15 * MiB,
    doc: 'The largest plan that a client may submit, as JSON.',
  }),
  blobBytesMax: bytes(15 * MiB, {
    min: KiB,
    max: 64 * MiB,
    doc: 'The largest function bundle.',
  }),
  datasetBytesMax: bytes(64 * GiB, {
    min: MiB,
    max: 1024 * GiB,
    doc: 'The largest dataset that a client may stream to the coordinator, which spools it on disk.',
  }),
  datasetSegmentBytes: bytes(4 * MiB, {
    min: 64 * KiB,
    max: 64 * MiB,
    doc: 'Size to which the batches of a client’s dataset are cut for the spool.',
  }),
  heartbeatIntervalMs: milliseconds(2_000, {
    min: 50,
    max: 60_000,
    doc: 'How often a worker tells the coordinator how it is.',
  }),
  heartbeatTimeoutMs: milliseconds(15_000, {
    min: 200,
    max: 600_000,
    doc: 'A worker that has said nothing for so long is lost, even if its connection looks alive.',
  }),
  shutdownGraceMs: milliseconds(1_000, {
    min: 0,
    max: 60_000,
    doc: 'How long a stopping process lets open calls end.',
  }),
} as const satisfies Section;
