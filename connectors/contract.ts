import type { Schema as ArrowSchema } from 'apache-arrow';
import type { Batch } from '../shared/arrow/batch.ts';
import type { Config } from '../shared/config/config.ts';
import type { Json } from '../shared/json.ts';
import type { Logger } from '../shared/log.ts';
import type { LoadReceipt } from '../shared/plan/nodes/load.ts';
import type { Column, Schema } from '../shared/schema.ts';

/**
 * What a source and a sink are to the engine. One folder of `connectors/` each; `connectors/registry.ts` finds them by
 * name and loads them when they are first used. Options are plain data (they stand in plans) in which a secret stands
 * by name only; a connector receives them with the secrets' values in place, and must not write them anywhere.
 */

/** Checks options from a plan, and gives them their types. @throws SheafError `PLAN_INVALID`, naming the option */
export type ParseOptions<Options> = (options: Json) => Options;

/**
 * A source, in two halves: the coordinator finds out what there is and cuts it into pieces, tasks on workers read the
 * pieces, each in bounded memory. Pieces and cursors are plain data.
 */
export interface SourceConnector<Options = unknown, Piece extends Json = Json, Cursor extends Json = Json> {
  readonly parse: ParseOptions<Options>;
  /**
   * What is to be read now: everything, or, given a cursor, what came since. Pure reading: it changes nothing.
   *
   * @throws SheafError naming the source as the user wrote it, without its secrets
   */
  list(options: Options, context: ListContext<Cursor>): Promise<Listing<Piece, Cursor>>;
  /** Rows of some pieces, in the order given. What was opened is closed when the iteration ends, however it ends. */
  read(options: Options, pieces: readonly Piece[], context: ReadContext): SourceBatches | Promise<SourceBatches>;
  /** Reads again what could not be read, after a fix. Absent: the text of a row is not enough for that. */
  readonly reread?: Rereader<Options>;
}

/** Reads rows from the text that the column of raw rows had (`_raw`), when the source itself may be long gone. */
export interface Rereader<Options> {
  /** The data's columns, as a listing says them. */
  columns(options: Options, context: ListContext<never>): Schema | Promise<Schema>;
  /** Each row, from its source and its position again: read, or rejected again. */
  read(options: Options, rows: Iterable<UnreadRow>, context: RereadContext): RereadBatches;
}

/** A row that could not be read, as it was kept: where it stood, and its text. */
export interface UnreadRow {
  readonly source: string;
  readonly position: number;
  readonly text: string;
}

/** What rereading gets, beside what all calls get. */
export interface RereadContext extends ConnectorContext {
  /** All of the data's columns. */
  readonly data: Schema;
  /** The columns to yield, in this order: some of the data's, and of provenance. */
  readonly columns: readonly Column[];
}

/** Rows that were read again, or rejected again. */
export interface RereadBatches {
  readonly schema: ArrowSchema;
  readonly batches: Iterable<Batch>;
}

/** What a listing gets, beside what all calls get. */
export interface ListContext<Cursor extends Json = Json> extends ConnectorContext {
  /** Where the last load that was committed left off; absent at first, and for sources that are not incremental. */
  readonly cursor?: Cursor;
  /** How many tasks are worth having. */
  readonly slots: number;
  /** Columns and types that the user gave, if any: the source is read as these. */
  readonly schema?: Schema;
}

/** What a source has to read now. */
export interface Listing<Piece extends Json = Json, Cursor extends Json = Json> {
  /** The data's columns, without those of provenance. */
  readonly schema: Schema;
  /** The finest pieces; neighbours may be packed into one task. None: there is nothing (new) to read. */
  readonly pieces: readonly ListedPiece<Piece>[];
  /** Where a next listing goes on, once what is read now has been committed. */
  readonly cursor?: Cursor;
  /** False if another reading of a piece may give other rows (a service's pages). */
  readonly deterministic: boolean;
  /**
   * Lets go of what the pieces need at the source while they are read (a snapshot). Present only if there is such a
   * thing: whoever listed calls it once when nothing reads the pieces any more, however that came. Never throws.
   */
  readonly release?: () => Promise<void>;
}

/** A piece of a source with its size, by which pieces are packed into tasks. */
export interface ListedPiece<Piece extends Json = Json> {
  readonly piece: Piece;
  /** 0 if unknown. */
  readonly rows: number;
  /** Approximate size in memory. */
  readonly bytes: number;
}

/** What reading gets in a task, beside what all calls get. */
export interface ReadContext extends ConnectorContext {
  /** The columns to yield, in this order: some of the listing's, and of provenance if asked for. */
  readonly columns: readonly Column[];
  /** A directory of this attempt alone, which is removed when it ends. */
  readonly directory: string;
  /**
   * Waits until the whole cluster has made fewer than `perSecond` requests in the last second under the same key.
   * @param key the thing that has the limit, for example an API's origin
   */
  readonly permit: (key: string, perSecond: number) => Promise<void>;
}

/**
 * Batches of `columns`. A synchronous iterable is pulled as the task goes; an asynchronous one is spooled to the
 * attempt's disk first. A row that cannot be read is yielded with nulls and its reason in the column of rejection, if
 * that is among the columns, and is an error that names source and position if not.
 */
export interface SourceBatches {
  readonly schema: ArrowSchema;
  readonly batches: Iterable<Batch> | AsyncIterable<Batch>;
}

/** What all calls get. */
export interface ConnectorContext {
  readonly config: Config;
  readonly log: Logger;
  /** Aborted when nobody wants the answer any more. */
  readonly signal: AbortSignal;
}

/**
 * A sink. Tasks write what only the commit makes visible: staging tables, open multipart uploads, temporary names. The
 * coordinator commits once, with the receipts of exactly one attempt of each task.
 */
export interface SinkConnector<Options = unknown, Prepared extends Json = Json> {
  readonly parse: ParseOptions<Options>;
  /**
   * Called by the coordinator before any task runs, again after a change of leader: checks the target against the
   * schema under the contract and makes what writers need. What it returns goes to every writer.
   */
  prepare(options: Options, context: PrepareContext): Promise<Prepared>;
  /**
   * Called in a task: writes its rows, in memory that is bounded whatever their number. What an attempt wrote that was
   * not chosen goes with `clean`.
   */
  write(options: Options, batches: SinkBatches, context: WriteContext<Prepared>): Promise<LoadReceipt>;
  /**
   * Makes the chosen attempts' rows visible in one step, together with a ledger entry of the run where the sink can
   * hold one. Called again after a crash or a lost answer: it then finds the entry and changes nothing.
   *
   * @throws SheafError with the detail `nothingLoaded` if the ledger was looked at and the load is not there;
   * `STAGED_LOST` if it cannot come any more because what was staged is gone
   */
  commit(options: Options, receipts: readonly LoadReceipt[], context: CommitContext<Prepared>): Promise<Committed>;
  /** Removes whatever the run staged and was not committed, of all its attempts. Harmless if there is nothing. */
  clean(options: Options, context: SinkContext): Promise<void>;
}

/** What every call of a sink gets: whose rows they are. */
export interface SinkContext extends ConnectorContext {
  /** The run, unique for ever: in names of staging tables and objects (letters, digits and `-`; at most 40). */
  readonly run: string;
  readonly pipeline: string;
  /** The output's name within its pipeline. */
  readonly output: string;
}

/** What `prepare` gets. */
export interface PrepareContext extends SinkContext {
  /** The incoming columns. */
  readonly schema: Schema;
}

/** What `write` gets in a task. */
export interface WriteContext<Prepared extends Json = Json> extends SinkContext {
  readonly schema: Schema;
  readonly prepared: Prepared;
  /**
   * Distinguishes attempts, also of one task: in names of what this attempt stages (letters, digits and `-`; at most
   * 40).
   */
  readonly attempt: string;
  /** The only task of its output: it may do more in one step. */
  readonly alone: boolean;
  readonly directory: string;
}

/** What `commit` gets. */
export interface CommitContext<Prepared extends Json = Json> extends SinkContext {
  readonly schema: Schema;
  readonly prepared: Prepared;
  /** The cursors of the pipeline's sources after this run: they stand in the ledger entry. */
  readonly cursors: Readonly<Record<string, Json>>;
  /** Throws if this coordinator leads no longer: called last before what cannot be undone. */
  readonly mustLead: () => void;
}

/** A task's rows, pulled as they are written. */
export interface SinkBatches {
  readonly schema: ArrowSchema;
  /** Each may be taken once; pull the next one when the last one is written. */
  readonly batches: Iterable<Batch>;
}

/** What a commit made visible. */
export interface Committed {
  readonly rows: number;
  readonly bytes: number;
  /** True if an earlier call had done it already. */
  readonly already: boolean;
  /** For people and for programs: tables, paths, columns added. */
  readonly detail: Json;
}
