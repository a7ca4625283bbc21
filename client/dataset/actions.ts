import { type RecordBatch, Table } from 'apache-arrow';
import type { Column, SchemaSpec } from '../../shared/schema.ts';
import type { RowOf } from '../../shared/types/row.ts';
import { formatTable } from '../format/table.ts';
import { type Analysis, analyzePlan } from '../job/analyze.ts';
import { explainPlan } from '../job/explain.ts';
import type { ActionOptions } from '../job/options.ts';
import { collectTable } from '../result/collect.ts';
import { naturalBatch, naturalSchema } from '../result/natural.ts';
import { rowsOfBatch } from '../result/rows.ts';
import { streamResult } from '../result/stream.ts';
import type { Session } from '../session/session.ts';
import { type Draft, over } from './draft.ts';
import { Writer } from './writer.ts';

declare const schemaKey: unique symbol;

/** Rows to come, of schema `S` as far as the compiler knows it. */
export interface Relation<out S extends SchemaSpec = SchemaSpec> {
  readonly [schemaKey]: S;
}

/**
 * What makes a dataset's rows real. Each action submits one job and follows it to its end; all of them throw the job's
 * error as a `SheafError`, and `CANCELLED` if their signal is aborted.
 */
export class Actions<S extends SchemaSpec = SchemaSpec> implements Relation<S> {
  declare readonly [schemaKey]: S;
  /** @internal */
  readonly session: Session;
  /** @internal */
  readonly draft: Draft;
  /** Writes the rows as a directory of files. */
  readonly write: Writer;

  constructor(session: Session, draft: Draft) {
    this.session = session;
    this.draft = draft;
    this.write = new Writer(session, draft);
  }

  /**
   * All rows as one `apache-arrow` table: a HUGEINT (which `sum` of integers is) as a Decimal, a UUID as text. They
   * must fit into this process's memory: otherwise `stream` or `write`.
   *
   * @example `const table = await late.collect();`
   */
  async collect(options: ActionOptions = {}): Promise<Table> {
    const { schema, batches } = await collectTable(this.session, this.draft, { name: 'collect', ...options });
    return new Table(naturalSchema(schema), batches.map(naturalBatch));
  }

  /**
   * All rows as record batches, in order, in bounded memory: `resultReadAheadBytes` are fetched ahead. The job starts
   * when the loop does; leaving the loop early cancels what is left and lets the cluster forget the result.
   *
   * @example `for await (const batch of late.stream()) total += batch.numRows;`
   */
  async *stream(options: ActionOptions = {}): AsyncGenerator<RecordBatch, void, undefined> {
    const batches = streamResult(this.session, this.draft, { name: 'stream', ...options });
    for await (const batch of batches) yield naturalBatch(batch);
  }

  /**
   * All rows as objects, in order, in bounded memory as `stream`.
   *
   * @example `for await (const { origin, flights } of routes.rows()) …`
   */
  async *rows(options: ActionOptions = {}): AsyncGenerator<RowOf<S>, void, undefined> {
    const batches = streamResult(this.session, this.draft, { name: 'rows', ...options });
    for await (const batch of batches) yield* rowsOfBatch<S>(batch);
  }

  /** How many rows there are. */
  async count(options: ActionOptions = {}): Promise<number> {
    const counted = over(this.draft, (input) => ({
      kind: 'aggregate',
      input,
      keys: [],
      aggregates: [{ name: 'count', sql: 'count(*)' }],
    }));
    const table = await collectTable(this.session, counted, { name: 'count', ...options });
    return Number(table.getChildAt(0)?.get(0) ?? 0);
  }

  /**
   * Prints the first rows as a table to stdout, for people.
   *
   * @param rows how many; default 20
   */
  async show(rows = 20, options: ActionOptions = {}): Promise<void> {
    const first = over(this.draft, (input) => ({ kind: 'limit', input, limit: rows, offset: 0 }));
    const table = await collectTable(this.session, first, { name: 'show', ...options });
    process.stdout.write(`${formatTable(table, { cellCharacters: this.session.config.showCellCharacters })}\n`);
  }

  /**
   * The logical plan and the stages that the cluster would run, as text for people. Nothing runs; a dataset given with
   * `from` is sent.
   */
  async explain(options: Pick<ActionOptions, 'signal'> = {}): Promise<string> {
    return (await explainPlan(this.session, this.draft, options)).text;
  }

  /**
   * Runs it, and tells what each stage and its tasks did: rows and bytes read and handed on, times, what was spilled,
   * skew, attempts, what was not done as planned. The rows themselves are not fetched.
   *
   * @example `const { job } = await routes.analyze(); job.stages.map(({ name, work }) => [name, work?.skew])`
   */
  async analyze(options: ActionOptions = {}): Promise<Analysis> {
    return await analyzePlan(this.session, this.draft, options);
  }

  /** The columns with their types in DuckDB's words. Nothing runs; a dataset given with `from` is sent. */
  async schema(options: Pick<ActionOptions, 'signal'> = {}): Promise<readonly Column[]> {
    return (await explainPlan(this.session, this.draft, options)).json.schema;
  }
}
