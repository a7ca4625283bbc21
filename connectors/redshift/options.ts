import { z } from 'zod';
import { parseOptions } from '../options.ts';
import { connectionOption, type PostgresConnection, type Server, serverOf } from '../postgres/connection-options.ts';
import { loadModes } from '../postgres/options.ts';
import { type Location, parseLocation } from '../s3/location.ts';
import { parseS3Options, type S3Options } from '../s3/options.ts';

/** A table of Amazon Redshift, and how rows are loaded into it. */
export interface RedshiftSinkOptions {
  /**
   * `redshift://user:password@host:5439/database`, or its parts. Encrypted and verified unless `sslmode` says
   * otherwise.
   */
  readonly connection: PostgresConnection;
  /** `table` or `schema.table`. */
  readonly table: string;
  readonly mode: (typeof loadModes)[number];
  /** Of `merge`: the columns that identify a row. */
  readonly key?: readonly string[];
  /** Of `merge`: of rows with one key that with the greatest value stays, also against those in the table. */
  readonly orderBy?: string;
  /** `evolve` (default) adds columns; types are never changed. `freeze` refuses the load. */
  readonly contract?: 'evolve' | 'freeze';
  /**
   * Prefix where Parquet files wait for `COPY`: `s3://bucket/prefix`, in the cluster's region unless `region` is given.
   */
  readonly stage: string;
  /** How Sheaf writes there. */
  readonly s3?: S3Options;
  /** With which Redshift reads there: an ARN, or `default`. */
  readonly iamRole: string;
  /** The bucket's region, if it is not the cluster's. */
  readonly region?: string;
  readonly statementTimeoutMs?: number;
}

const options = z
  .strictObject({
    connection: connectionOption,
    table: z.string().min(1),
    mode: z.enum(loadModes),
    key: z.array(z.string().min(1)).min(1).optional(),
    orderBy: z.string().min(1).optional(),
    contract: z.enum(['evolve', 'freeze']).default('evolve'),
    stage: z.string().startsWith('s3://'),
    s3: z.json().optional(),
    iamRole: z
      .string()
      .regex(
        /^(default|arn:aws[\w-]*:iam::\d+:role\/[\w+=,.@/-]+(,arn:aws[\w-]*:iam::\d+:role\/[\w+=,.@/-]+)*)$/,
        'is neither default nor an ARN',
      ),
    region: z
      .string()
      .regex(/^[a-z0-9-]+$/)
      .optional(),
    statementTimeoutMs: z.int().min(1).optional(),
  })
  .refine(
    ({ mode, key }) => (mode === 'merge') === (key !== undefined),
    'a key belongs to mode merge, and merge needs one',
  )
  .refine(({ mode, orderBy }) => mode === 'merge' || orderBy === undefined, 'orderBy belongs to mode merge');

/** Options as the connector works with them: checked, with defaults. */
export type RedshiftOptions = Omit<z.output<typeof options>, 'connection' | 'stage' | 's3'> & {
  readonly server: Server;
  readonly stage: Location;
  readonly s3: S3Options;
};

/** @throws SheafError `PLAN_INVALID` naming the option */
export function parseRedshiftOptions(given: unknown): RedshiftOptions {
  const { connection, stage, s3, ...rest } = parseOptions(options, given, 'sink.redshift');
  const server = serverOf(connection, 5439);
  const isSaid = typeof connection === 'string' ? connection.includes('sslmode=') : connection.sslmode !== undefined;
  return {
    ...rest,
    server: isSaid ? server : { ...server, sslmode: 'verify-full' },
    stage: parseLocation(stage),
    s3: parseS3Options(s3),
  };
}
