import { z } from 'zod';
import { parseOptions } from '../options.ts';
import { connectionOption, type PostgresConnection, type Server, serverOf } from './connection-options.ts';

/** Which table or query is read, and how. */
export interface PostgresSourceOptions {
  readonly connection: PostgresConnection;
  /** `table` or `schema.table`; parts with odd letters in double quotes. Either this or `query`. */
  readonly table?: string;
  /** A SELECT. It is read in one piece unless `key` is given too. */
  readonly query?: string;
  /** Only these columns, in this order. Default: all. */
  readonly columns?: readonly string[];
  /** A condition in PostgreSQL's SQL that rows must fulfil. */
  readonly where?: string;
  /**
   * Cuts pieces by ranges of this column instead of by places in the table's file: for views, queries and foreign
   * tables. An index on it helps.
   */
  readonly key?: string;
  /**
   * Reads only rows whose value is greater than that of the last load. Needs an order that only grows; null is never
   * read.
   */
  readonly cursorColumn?: string;
  /** All tasks read one state of the database. Default true; false holds no transaction open meanwhile. */
  readonly snapshot?: boolean;
  /**
   * A value that has no place in its type (infinite dates, NaN as decimal, …): `reject` the row (default), or read it
   * as `null`.
   */
  readonly unrepresentable?: 'reject' | 'null';
  readonly lockTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
}

/** How rows are loaded: added, in place of all rows, or in place of those with the same key. */
export const loadModes = ['append', 'replace', 'merge'] as const;
/** One of {@link loadModes}. */
export type LoadMode = (typeof loadModes)[number];
/** What becomes of a load whose columns do not fit the table: see {@link PostgresSinkOptions}. */
export const contractModes = ['evolve', 'freeze', 'reject'] as const;
/** One of {@link contractModes}. */
export type ContractMode = (typeof contractModes)[number];

/** Where rows are loaded, and how. */
export interface PostgresSinkOptions {
  readonly connection: PostgresConnection;
  /** `table` or `schema.table`; parts with odd letters in double quotes. */
  readonly table: string;
  readonly mode: LoadMode;
  /** Of `merge`: the columns that identify a row. */
  readonly key?: readonly string[];
  /** Of `merge`: of rows with one key that with the greatest value stays, also against those in the table. */
  readonly orderBy?: string;
  /**
   * When the table does not fit the rows: `evolve` (default) adds columns and widens types, `freeze` refuses the load,
   * `reject` leaves out rows that do not fit and keeps them in `sheaf_rejects`.
   */
  readonly contract?: ContractMode;
  /** Schema of staging tables. Default: the target's. */
  readonly stagingSchema?: string;
  /** COPY straight into the table where one task writes all: set only where nothing can refuse the rows later. */
  readonly direct?: boolean;
  readonly lockTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
}

const columnName = z.string().min(1);
const timeouts = {
  lockTimeoutMs: z.int().min(1).optional(),
  statementTimeoutMs: z.int().min(1).optional(),
};

const sourceOptions = z
  .strictObject({
    connection: connectionOption,
    table: z.string().min(1).optional(),
    query: z.string().min(1).optional(),
    columns: z.array(columnName).min(1).optional(),
    where: z.string().min(1).optional(),
    key: columnName.optional(),
    cursorColumn: columnName.optional(),
    snapshot: z.boolean().default(true),
    unrepresentable: z.enum(['reject', 'null']).default('reject'),
    ...timeouts,
  })
  .refine(
    ({ table, query }) => (table === undefined) !== (query === undefined),
    'give a table or a query, one of both',
  );

const sinkOptions = z
  .strictObject({
    connection: connectionOption,
    table: z.string().min(1),
    mode: z.enum(loadModes),
    key: z.array(columnName).min(1).optional(),
    orderBy: columnName.optional(),
    contract: z.enum(contractModes).default('evolve'),
    stagingSchema: columnName.optional(),
    direct: z.boolean().default(false),
    ...timeouts,
  })
  .refine(
    ({ mode, key }) => (mode === 'merge') === (key !== undefined),
    'a key belongs to mode merge, and merge needs one',
  )
  .refine(({ mode, orderBy }) => mode === 'merge' || orderBy === undefined, 'orderBy belongs to mode merge');

type Parsed<T> = Omit<T, 'connection'> & { readonly server: Server };
/** Options of the source as it works with them: checked, with defaults. */
export type SourceOptions = Parsed<z.output<typeof sourceOptions>>;
/** Options of the sink as it works with them: checked, with defaults. */
export type SinkOptions = Parsed<z.output<typeof sinkOptions>>;

/** @throws SheafError `PLAN_INVALID` naming the option */
export function parseSourceOptions(options: unknown): SourceOptions {
  const { connection, ...rest } = parseOptions(sourceOptions, options, 'source.postgres');
  return { ...rest, server: serverOf(connection) };
}

/** @throws SheafError `PLAN_INVALID` naming the option */
export function parseSinkOptions(options: unknown): SinkOptions {
  const { connection, ...rest } = parseOptions(sinkOptions, options, 'sink.postgres');
  return { ...rest, server: serverOf(connection) };
}
