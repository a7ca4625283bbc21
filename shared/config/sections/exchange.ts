import { bytes, count, GiB, KiB, MiB, milliseconds, type Section } from '../setting.ts';

/** Limits of exchange files, of the Flight service that serves them, and of the pulls that fetch them. */
export const exchangeSettings = {
  exchangeMessageBytesMax: bytes(4 * MiB, {
    min: 4 * KiB,
    max: 64 * MiB,
    doc: 'Larger batches are cut to messages of at most this size. gRPC moves bytes fastest in messages of 1 to 4 MiB.',
  }),
  exchangeRowBytesMax: bytes(256 * MiB, {
    min: MiB,
    max: GiB,
    doc: 'The hard limit of one message, which only a single row larger than exchangeMessageBytesMax can approach.',
  }),
  exchangeWriteBufferBytes: bytes(MiB, {
    min: 4 * KiB,
    max: 64 * MiB,
    doc: 'Buffer of each exchange file that is being written: small segments gather here before they reach the disk.',
  }),
  exchangePartitionsMax: count(16 * KiB, {
    min: 1,
    max: 1024 * KiB,
    doc: 'Partitions of one exchange file. Each costs an entry in every file of its stage.',
  }),
  exchangeDiskBytesMax: bytes(1024 * GiB, {
    min: MiB,
    max: 1024 * 1024 * GiB,
    doc: 'Disk that exchange and spool files of one worker may take together, over all jobs.',
  }),
  exchangeIndexCacheMax: count(256, {
    min: 1,
    max: 64 * KiB,
    doc: 'Indexes of exchange files that the Flight service keeps parsed, so that M readers do not parse each M times.',
  }),
  flightStreamsMax: count(64, {
    min: 1,
    max: 4096,
    doc: 'Pulls that one server serves at a time.',
  }),
  flightWaitingMax: count(1024, {
    min: 0,
    max: 64 * KiB,
    doc: 'Pulls that wait for one of flightStreamsMax; further ones are refused with RESOURCE_EXHAUSTED.',
  }),
  flightServeBytesMax: bytes(256 * MiB, {
    min: MiB,
    max: 64 * GiB,
    doc: 'Bytes that all pulls of one server may read ahead of their readers, besides one message each on its way.',
  }),
  flightStallMs: milliseconds(60_000, {
    min: 100,
    max: 86_400_000,
    doc: 'A reader that takes nothing for this long loses its stream, so that others get its place; it may resume.',
  }),
  flightTicketBytesMax: bytes(MiB, {
    min: KiB,
    max: 64 * MiB,
    doc: 'The largest request that the Flight service reads. Requests are tickets: bulk data only ever leaves.',
  }),
  flightConnectionsMax: count(256, {
    min: 1,
    max: 64 * KiB,
    doc: 'Connections to other processes that are kept for further pulls. One is shared by all pulls from its address.',
  }),
  fetchRootAskMs: milliseconds(1_000, {
    min: 0,
    max: 60_000,
    doc: 'How long a worker waits, once for each other worker, for the answer where its files lie: those that it can open itself it reads in place, and pulls only the others. 0: all are pulled.',
  }),
  fetchPartsPerCallMax: count(1024, {
    min: 1,
    max: 16 * KiB,
    doc: 'Parts that one pull asks for. More parts from one address take several pulls.',
  }),
  fetchStreamsMax: count(4, {
    min: 1,
    max: 256,
    doc: 'Pulls that a worker runs at a time, over all its tasks.',
  }),
  fetchReaderBytesMax: bytes(16 * MiB, {
    min: 64 * KiB,
    max: GiB,
    doc: 'Bytes that one pull may have received before its reader took what came before, besides the HTTP/2 window.',
  }),
  fetchRetriesMax: count(4, {
    min: 0,
    max: 20,
    doc: 'How often a pull is taken up again where it broke off before its producer counts as lost.',
  }),
  fetchBackoffMs: milliseconds(100, {
    min: 1,
    max: 10_000,
    doc: 'The wait before a broken pull is first taken up again. It doubles with each further try.',
  }),
  fetchIdleMs: milliseconds(30_000, {
    min: 100,
    max: 3_600_000,
    doc: 'A pull that brings nothing for this long while its reader waits counts as broken.',
  }),
} as const satisfies Section;
