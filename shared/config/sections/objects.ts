import { bytes, count, GiB, KiB, MiB, milliseconds, type Section } from '../setting.ts';

/** Limits of what is read from and written to object storage (the S3 protocol). */
export const objectSettings = {
  objectAttemptsMax: count(6, {
    min: 1,
    max: 100,
    doc: 'How often a request to object storage is made in all: a server that is busy (503), fails (500) or cuts the connection is asked again. A download that moves on starts to count anew.',
  }),
  objectRetryDelayMs: milliseconds(100, {
    min: 1,
    max: 60_000,
    doc: 'The longest wait before the second attempt; it doubles with each further one. The wait itself is drawn below that.',
  }),
  objectRetryDelayMsMax: milliseconds(10_000, {
    min: 1,
    max: 600_000,
    doc: 'The longest wait between two attempts at a request to object storage.',
  }),
  objectConnectTimeoutMs: milliseconds(5_000, {
    min: 50,
    max: 600_000,
    doc: 'How long a connection to object storage may take to open.',
  }),
  objectIdleTimeoutMs: milliseconds(60_000, {
    min: 100,
    max: 3_600_000,
    doc: 'How long a connection to object storage may be silent in mid-request before it counts as cut.',
  }),
  objectConnectionsMax: count(16, {
    min: 1,
    max: 1_000,
    doc: 'Connections of one thread to one object storage.',
  }),
  objectPartBytes: bytes(16 * MiB, {
    min: 5 * MiB,
    max: 1 * GiB,
    doc: 'Size of a part of a multipart upload: two of them are in memory at most. S3 takes 10,000 parts for an object.',
  }),
  objectRangeBytes: bytes(8 * MiB, {
    min: 64 * KiB,
    max: 1 * GiB,
    doc: 'The most that one ranged read asks for; longer ranges are read by several requests at once.',
  }),
  objectRangeGapBytes: bytes(512 * KiB, {
    min: 0,
    max: 64 * MiB,
    doc: 'Column chunks that lie no farther apart are read by one request: what lies between costs less than another answer.',
  }),
  objectRangesAtOnce: count(6, {
    min: 1,
    max: 256,
    doc: 'Ranged reads that one task has under way at a time.',
  }),
  objectFooterBytes: bytes(64 * KiB, {
    min: 8,
    max: 16 * MiB,
    doc: 'How much of the end of a Parquet or Arrow object is read at first, in the hope that it holds the footer.',
  }),
  objectFooterBytesMax: bytes(256 * MiB, {
    min: 64 * KiB,
    max: 2 * GiB,
    doc: 'The largest footer that is read.',
  }),
  objectHeadBytes: bytes(1 * MiB, {
    min: 4 * KiB,
    max: 64 * MiB,
    doc: 'How much of the beginning of a text object, unpacked, is looked at to find out its columns.',
  }),
  planningTimeoutMs: milliseconds(600_000, {
    min: 1_000,
    max: 86_400_000,
    doc: 'How long listing objects and looking into them may take while a job is planned.',
  }),
  objectPeeksAtOnce: count(16, {
    min: 1,
    max: 1_000,
    doc: 'Objects that the coordinator looks into at a time.',
  }),
  objectScratchBytesMax: bytes(64 * GiB, {
    min: 1 * MiB,
    max: 1024 * GiB,
    doc: 'What one attempt may copy from object storage to its worker’s disk.',
  }),
  objectLineBytesMax: bytes(64 * MiB, {
    min: 1 * KiB,
    max: 1 * GiB,
    doc: 'How far beyond the end of its byte range a task reads on to find the end of the last line.',
  }),
  objectUploadAgeMs: milliseconds(7 * 86_400_000, {
    min: 0,
    max: 365 * 86_400_000,
    doc: 'An unfinished multipart upload of a pipeline below one of our destinations that is older belongs to no run any more and is removed.',
  }),
  objectCommitTimeoutMs: milliseconds(600_000, {
    min: 1_000,
    max: 86_400_000,
    doc: 'How long completing the uploads of a write may take before it counts as failed.',
  }),
  objectMetadataEndpoints: count(0, {
    min: 0,
    max: 1,
    doc: '1 lets an endpoint be an address at which clouds serve the machine’s own credentials (169.254.169.254 and the like). Refused by default.',
  }),
} as const satisfies Section;
