import { bytes, GiB, MiB, milliseconds, type Section } from '../setting.ts';

const hour = 3_600_000;

/** Limits of loads that are staged as files: into DuckDB files and Amazon Redshift. */
export const stagingSettings = {
  parquetWriteMemoryBytes: bytes(256 * MiB, {
    min: 64 * MiB,
    max: 64 * GiB,
    doc: 'Memory in which a task writes a Parquet file that a load is staged in, beside what its query has.',
  }),
  duckdbLoadMemoryBytes: bytes(GiB, {
    min: 128 * MiB,
    max: 256 * GiB,
    doc: 'Memory in which the coordinator moves staged rows into a DuckDB file. More is spilled beside the file.',
  }),
  stagingFileAgeMsMax: milliseconds(7 * 24 * hour, {
    min: 60_000,
    max: 365 * 24 * hour,
    doc: 'Staged files of any run that are older than this are removed when a later run cleans up beside them.',
  }),
} as const satisfies Section;
