import { assert, SheafError } from '../errors.ts';
import type { Schema } from '../schema.ts';
import { literal } from '../sql/text.ts';
import { duckdbError } from './errors.ts';
import { aggregateState, asSubquery } from './logical-type.ts';
import { duckdb, resultBytes } from './native/api.ts';
import type { Address, Out } from './native/library.ts';
import { Block } from './native/memory.ts';
import {
  type HashPartitioning,
  type NumberedPartitioning,
  partitionReader,
  partitionSql,
} from './output/partition-reader.ts';
import type { PartitionBatch } from './output/partitioner.ts';
import { type ParseAnswer, parseError } from './parse-error.ts';
import { Prepared } from './prepared.ts';
import { batchReader, bindInputs, Query, type QueryOptions } from './query.ts';
import { parseJson, syntaxTreeJson, syntaxTreeText } from './syntax-tree.ts';

/**
 * One connection to a database of this process. It belongs to the thread that opened it; only `interrupt` may reach it
 * from another one.
 */
export class Connection implements Disposable {
  #address: Address | undefined;
  #streaming = false;
  /** Names of inputs that open queries read, in lower case; absent before the first. */
  inputNames?: Set<string>;

  private constructor(address: Address) {
    this.#address = address;
  }

  /** For `interrupt` from another thread, while this connection is open. */
  get address(): Address {
    assert(this.#address !== undefined, 'the connection is open');
    return this.#address;
  }

  /** @param databaseAddress `Database.address`, which may have been opened by another thread */
  static open(databaseAddress: Address): Connection {
    const out: Out = [null];
    if (duckdb.connect(databaseAddress, out) === 0 && out[0] !== null) return new Connection(out[0]);
    throw new SheafError('INTERNAL', 'DuckDB refused another connection to its database');
  }

  /**
   * Runs statements for their effect; they may read inputs.
   *
   * @returns how many rows the last one changed, inserted or copied
   * @throws SheafError see `duckdbError`, or what an input threw
   */
  execute(sql: string, options: QueryOptions = {}): number {
    if (options.inputs === undefined) return this.#run(sql);
    using inputs = bindInputs(this, options);
    return inputs.guard(() => this.#run(sql));
  }

  /**
   * All rows of a small SELECT (or DESCRIBE, SUMMARIZE, SHOW), for planning: numbers, bigints beyond 2^53, booleans,
   * null, arrays and objects for nested types, and text for everything else (`NaN` and `Infinity` too).
   *
   * @throws SheafError see `duckdbError`
   */
  rows(sql: string): Record<string, unknown>[] {
    const names = this.describe(sql).map(({ name }) => name);
    const columns = names.map((_, i) => `c${i}`).join(', ');
    const lines = this.#texts(`SELECT json_array(${columns}) FROM ${asSubquery(sql)} AS t(${columns})`);
    return lines.map((line) => {
      const values = parseJson(line) as unknown[];
      return Object.fromEntries(names.map((name, i) => [name, values[i]]));
    });
  }

  /**
   * The columns of a SELECT with DuckDB's type texts, without running it.
   *
   * @throws SheafError see `duckdbError`
   */
  describe(sql: string): Schema {
    using statement = Prepared.of(this, sql);
    const { columns } = statement;
    if (columns.every(({ type }) => !type.includes(aggregateState))) return columns;
    const types = this.#texts(`SELECT column_type FROM (DESCRIBE ${asSubquery(sql)})`);
    return columns.map(({ name, type }, i) => ({ name, type: types[i] ?? type }));
  }

  /**
   * The syntax tree of SELECT statements as DuckDB serialises it, 64-bit integers kept as bigints.
   *
   * @throws SheafError `SQL_INVALID` with DuckDB's message, also for statements other than SELECT
   */
  parse(sql: string): unknown {
    if (sql.includes('\0'))
      throw new SheafError('SQL_INVALID', 'The SQL holds a NUL character', {
        next: 'Pass such a text as a parameter.',
      });
    const [json] = this.#texts(`SELECT json_serialize_sql(${literal(sql)})`);
    const tree = parseJson(json ?? 'null') as ParseAnswer;
    if (tree.error) throw parseError(tree, sql);
    return tree;
  }

  /**
   * SQL text of a syntax tree that `parse` returned, perhaps changed since.
   *
   * @throws SheafError see `duckdbError`
   */
  print(tree: unknown): string {
    const [sql] = this.#texts(`SELECT json_deserialize_sql(${literal(syntaxTreeJson(tree))}::JSON)`);
    return syntaxTreeText(sql ?? '');
  }

  /**
   * Prepares a statement whose rows come as Arrow batches. It runs while it is iterated, and is the only one that may
   * run on this connection meanwhile.
   *
   * @throws SheafError see `duckdbError`; `NOT_SUPPORTED` naming a column that has no form in Arrow
   */
  query(sql: string, options: QueryOptions = {}): Query {
    return new Query(this, sql, options, batchReader);
  }

  /**
   * As `query`, cut into partitions by `(hash(keys) >> 40) % partitions`, or by numbers that SQL gives to rows; rows whose keys are null have one too. Batches
   * of the partitions come in any order, the rows of one partition in the order of the SQL.
   *
   * @throws SheafError as `query`; `COLUMN_UNKNOWN` for a key that the SQL does not yield
   */
  partitioned(
    sql: string,
    partitioning: HashPartitioning | NumberedPartitioning,
    options: QueryOptions = {},
  ): Query<PartitionBatch> {
    return new Query(this, partitionSql(sql, partitioning), options, partitionReader(partitioning));
  }

  /** How its rows become Arrow. The caller destroys it, before the connection is closed. */
  arrowOptions(): Address {
    const out: Out = [null];
    duckdb.arrowOptions(this.idle(), out);
    assert(out[0] !== null, 'DuckDB has options for Arrow');
    return out[0];
  }

  /** Takes the connection for a stream, which any other statement would end: until disposed of, others are refused. */
  claim(): Disposable {
    this.idle();
    this.#streaming = true;
    return {
      [Symbol.dispose]: () => {
        this.#streaming = false;
      },
    };
  }

  /** The address, if no query is being read from this connection. */
  idle(): Address {
    assert(!this.#streaming, 'one query at a time runs on a connection');
    return this.address;
  }

  [Symbol.dispose](): void {
    if (this.#address !== undefined) duckdb.disconnect([this.#address]);
    this.#address = undefined;
  }

  /** The first column, which must be text, of a materialised result. */
  #texts(sql: string): string[] {
    return this.#materialised(sql, (result) =>
      Array.from({ length: Number(duckdb.rowCount(result)) }, (_, row) => duckdb.valueText(result, 0, row) ?? ''),
    );
  }

  #run(sql: string): number {
    return this.#materialised(sql, (result) => duckdb.rowsChanged(result));
  }

  #materialised<T>(sql: string, read: (result: Uint8Array) => T): T {
    const connection = this.idle();
    const { bytes } = new Block(resultBytes);
    bytes.fill(0);
    try {
      if (duckdb.query(connection, sql, bytes) === 0) return read(bytes);
      throw duckdbError(duckdb.resultError(bytes) ?? 'The query failed', duckdb.resultErrorType(bytes));
    } finally {
      duckdb.destroyResult(bytes);
    }
  }
}
