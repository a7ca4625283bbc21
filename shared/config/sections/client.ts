import { bytes, count, GiB, KiB, MiB, milliseconds, type Section } from '../setting.ts';

/** Limits of the client library. */
export const clientSettings = {
  connectTimeoutMs: milliseconds(10_000, {
    min: 100,
    max: 3_600_000,
    doc: 'How long `connect` waits for the coordinator’s first answer.',
  }),
  leaderWaitMs: milliseconds(15_000, {
    min: 0,
    max: 3_600_000,
    doc: 'How long `connect` waits for a leader where coordinators answer, but none of them leads: its lease may have to end first.',
  }),
  watchReconnectMs: milliseconds(60_000, {
    min: 0,
    max: 86_400_000,
    doc: 'How long a client that follows a job goes on trying to reach a coordinator that it has lost.',
  }),
  watchRetryMs: milliseconds(200, {
    min: 10,
    max: 60_000,
    doc: 'The pause between two attempts to follow a job again.',
  }),
  resultReadAheadBytes: bytes(64 * MiB, {
    min: MiB,
    max: 16 * GiB,
    doc: 'Bytes of a result that are fetched ahead of the consumer. They are divided between the parts read at a time.',
  }),
  resultPartsAhead: count(4, {
    min: 1,
    max: 256,
    doc: 'Parts of a result that are fetched at a time, the one being consumed included.',
  }),
  resultInlineBytesMax: bytes(32 * KiB, {
    min: 0,
    max: MiB,
    doc: 'A result of one task and no more bytes comes with the news that the job is done, in place of a fetch from its worker. The coordinator keeps it until it is released. 0: never.',
  }),
  resultRemakesMax: count(4, {
    min: 0,
    max: 100,
    doc: 'How often one part of a result may be lost and made again while a client reads it.',
  }),
  uploadBatchRows: count(8 * KiB, {
    min: 1,
    max: 1024 * KiB,
    doc: 'Rows that are gathered into one record batch when a dataset is given as rows.',
  }),
  uploadMessageBytesMax: bytes(4 * MiB, {
    min: 4 * KiB,
    max: 15 * MiB,
    doc: 'Size to which a dataset’s batches are cut on their way to the coordinator. Only a single row may be larger.',
  }),
  schemaSampleRows: count(1_000, {
    min: 1,
    max: 1_000_000,
    doc: 'Rows that are looked at to find the types of a dataset given as rows without a schema.',
  }),
  showCellCharacters: count(60, {
    min: 8,
    max: 10_000,
    doc: 'Width at which a value is cut when a table is shown.',
  }),
} as const satisfies Section;
