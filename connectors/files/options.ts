import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import { parseOptions } from '../options.ts';
import { isS3, parseLocation } from '../s3/location.ts';
import { parseS3Options, type S3Options } from '../s3/options.ts';

/** Where files are written, and how. */
export interface SinkOptions {
  /** Absolute directory that coordinator and workers see, or `s3://bucket/prefix`. */
  readonly path: string;
  readonly format: 'parquet' | 'csv' | 'ndjson';
  /** `replace` takes out what loads before have written there. */
  readonly mode: 'append' | 'replace';
  /** A folder `column=value` for each value of these; the files do not hold them. */
  readonly partitionBy: readonly string[];
  /** Parquet: default `zstd`. Text: default none. */
  readonly compression?: string | undefined;
  /** Of Parquet. */
  readonly rowGroupRows?: number | undefined;
  readonly s3: S3Options;
}

const options = z.strictObject({
  path: z.string().min(1),
  format: z.enum(['parquet', 'csv', 'ndjson']).default('parquet'),
  mode: z.enum(['append', 'replace']).default('append'),
  partitionBy: z.array(z.string().min(1)).default([]),
  compression: z.enum(['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'none']).optional(),
  rowGroupRows: z.int().min(2048).optional(),
  s3: z.unknown().optional(),
});

/** @throws SheafError `PLAN_INVALID` naming the option */
export function parseSinkOptions(given: Json): SinkOptions {
  const read = parseOptions(options, given, 'sink.files');
  const path = checkedPath(read.path);
  const isText = read.format !== 'parquet';
  const { compression } = read;
  const isPossible = compression === undefined || !isText || ['none', 'gzip', 'zstd'].includes(compression);
  if (!isPossible || (!isText && compression === 'none'))
    throw new SheafError(
      'PLAN_INVALID',
      `sink.files, option compression: ${read.format} is not written as ${compression}`,
      {
        next: isText
          ? 'Text may be none, gzip or zstd.'
          : 'Parquet may be uncompressed, snappy, gzip, zstd, brotli or lz4.',
      },
    );
  return { ...read, path, s3: parseS3Options(read.s3 as Json | undefined) };
}

/** @throws SheafError `PLAN_INVALID` */
function checkedPath(path: string): string {
  if (isS3(path)) {
    parseLocation(path);
    return path.replace(/\/+$/, '');
  }
  if (isAbsolute(path)) return path;
  throw new SheafError('PLAN_INVALID', `The path ${path} is neither absolute nor an s3:// location`, {
    next: 'Name a directory that all machines see, or s3://bucket/prefix.',
  });
}
