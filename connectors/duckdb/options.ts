import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { parseOptions } from '../options.ts';
import { contractModes, loadModes } from '../postgres/options.ts';

/** A table in a DuckDB file, and how rows are loaded into it. */
export interface DuckdbSinkOptions {
  /** Absolute; on a disk that the coordinator and all workers see. Made if it is not there. */
  readonly path: string;
  /** `table` or `schema.table`; parts with odd letters in double quotes. */
  readonly table: string;
  readonly mode: (typeof loadModes)[number];
  /** Of `merge`: the columns that identify a row. */
  readonly key?: readonly string[];
  /** Of `merge`: of rows with one key that with the greatest value stays, also against those in the table. */
  readonly orderBy?: string;
  /** As of PostgreSQL: `evolve` (default), `freeze`, or `reject`. */
  readonly contract?: (typeof contractModes)[number];
  /** Where rows wait for the commit, on a disk that all see. Default: `<path>.staging`. */
  readonly stagingDirectory?: string;
}

const absolute = z.string().refine(isAbsolute, 'is not an absolute path');
const options = z
  .strictObject({
    path: absolute,
    table: z.string().min(1),
    mode: z.enum(loadModes),
    key: z.array(z.string().min(1)).min(1).optional(),
    orderBy: z.string().min(1).optional(),
    contract: z.enum(contractModes).default('evolve'),
    stagingDirectory: absolute.optional(),
  })
  .refine(
    ({ mode, key }) => (mode === 'merge') === (key !== undefined),
    'a key belongs to mode merge, and merge needs one',
  )
  .refine(({ mode, orderBy }) => mode === 'merge' || orderBy === undefined, 'orderBy belongs to mode merge');

/** Options as the connector works with them: checked, with defaults. */
export type FileOptions = z.output<typeof options>;

/** @throws SheafError `PLAN_INVALID` naming the option */
export const parseFileOptions = (given: unknown): FileOptions => parseOptions(options, given, 'sink.duckdb');
