import { bytes, count, GiB, KiB, MiB, milliseconds, type Section } from '../setting.ts';

const hour = 3_600_000;

/** Limits of reading from and loading into PostgreSQL. */
export const postgresSettings = {
  postgresConnectTimeoutMs: milliseconds(10_000, {
    min: 100,
    max: 600_000,
    doc: 'How long a connection to PostgreSQL may take until it is ready for a statement.',
  }),
  postgresLockTimeoutMs: milliseconds(60_000, {
    min: 1,
    max: 24 * hour,
    doc: 'How long a statement of a load or of an extraction waits for a lock that others hold. The option `lockTimeoutMs` wins.',
  }),
  postgresPieceBytes: bytes(64 * MiB, {
    min: 64 * KiB,
    max: 64 * GiB,
    doc: 'Size of a table in the database at which it is cut into pieces. Neighbouring pieces are packed into one task as the planner sees fit.',
  }),
  postgresPiecesMax: count(4_096, {
    min: 1,
    max: 100_000,
    doc: 'Pieces that a table is cut into at the most: larger tables have larger pieces.',
  }),
  postgresSnapshotHeldMsMax: milliseconds(12 * hour, {
    min: 1_000,
    max: 7 * 24 * hour,
    doc: 'How long the transaction of an exported snapshot may stay open. While it does, PostgreSQL keeps dead rows of the whole database.',
  }),
  postgresStagingAgeMsMax: milliseconds(7 * 24 * hour, {
    min: 60_000,
    max: 365 * 24 * hour,
    doc: 'Staging tables of any run that are older than this are dropped when a later run cleans up beside them.',
  }),
  postgresCopyChunkBytes: bytes(256 * KiB, {
    min: 4 * KiB,
    max: 64 * MiB,
    doc: 'Bytes of rows that are sent to COPY in one message. A larger row is sent by itself.',
  }),
} as const satisfies Section;
