import { Connection } from '../../shared/duckdb/connection.ts';
import { Database } from '../../shared/duckdb/database.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import type { Schema } from '../../shared/schema.ts';
import { literal } from '../../shared/sql/text.ts';
import type { Committed } from '../contract.ts';
import { addEntrySql, already, findEntrySql, foundEntry, type LoadName, nullInKey } from '../load-ledger.ts';
import { agreeFile } from './fit-file.ts';
import * as sql from './load-sql.ts';
import type { FileOptions } from './options.ts';

/** All that a load needs: plain data, for a thread. */
export interface FileLoad {
  readonly options: FileOptions;
  readonly schema: Schema;
  /** Absent: only the check of the contract is wanted. */
  readonly commit?: LoadName & {
    readonly files: readonly string[];
    readonly rows: number;
    readonly bytes: number;
    readonly cursors: Readonly<Record<string, Json>>;
  };
  readonly memoryBytes: number;
  readonly spill: string;
}

/** What a load into a file made visible. */
export type FileLoaded = Committed;

/**
 * Moves staged rows into the file in one transaction with the ledger's entry. Blocks its thread while it works.
 *
 * @param mayCommit asked before the transaction is committed; throws if not
 */
export async function loadFile(load: FileLoad, mayCommit: () => Promise<void>): Promise<FileLoaded> {
  using database = Database.open({ memoryLimitBytes: load.memoryBytes, tempDirectory: load.spill });
  using connection = Connection.open(database.address);
  attach(connection, load.options);
  const table = sql.tableOf(load.options);
  connection.execute('BEGIN');
  connection.execute(sql.setUpSql(table));
  const loaded = load.commit === undefined ? check(connection, load) : move(connection, load, load.commit);
  if (load.commit === undefined || loaded.already) connection.execute('ROLLBACK');
  else {
    await mayCommit();
    connection.execute('COMMIT');
  }
  connection.execute(`DETACH ${sql.attached}`);
  return loaded;
}

function attach(connection: Connection, { path }: FileOptions): void {
  try {
    connection.execute(`ATTACH ${literal(path)} AS ${sql.attached}`);
  } catch (cause) {
    const { message, code } = SheafError.from(cause);
    if (!/lock/i.test(message))
      throw new SheafError('SINK_FAILED', `DuckDB file ${path} cannot be opened: ${message}`, {
        cause,
        next: nextOf(code),
      });
    throw new SheafError('SINK_FAILED', `DuckDB file ${path} is open in another process: ${message}`, {
      cause,
      retryable: true,
      next: 'Close it there: one process at a time can write a DuckDB file. Readers open it with access_mode read_only, between loads.',
    });
  }
}

const nextOf = (code: string): string =>
  code === 'PERMISSION_DENIED'
    ? 'Let the user that runs the coordinator write the file and its folder.'
    : 'Is it a DuckDB file, in a folder that is there, of a version that this one reads?';

const nothing: FileLoaded = { rows: 0, bytes: 0, already: false, detail: null };

function check(connection: Connection, { options, schema }: FileLoad): FileLoaded {
  agreeFile(connection, options, sql.tableOf(options), schema);
  return nothing;
}

type Commit = NonNullable<FileLoad['commit']>;

function move(connection: Connection, { options, schema }: FileLoad, commit: Commit): FileLoaded {
  const [row] = connection.rows(findEntrySql(sql.ledger, commit, 'detail::VARCHAR'));
  const done = foundEntry(row);
  if (done !== undefined) return already(done);
  const table = sql.tableOf(options);
  const isNew =
    connection.rows(`SELECT 1 FROM duckdb_tables() WHERE database_name = ${literal(sql.attached)}
    AND lower(schema_name) = lower(${literal(table.schema)}) AND lower(table_name) = lower(${literal(table.name)})`)
      .length === 0;
  const { changes, notes, places } = agreeFile(connection, options, table, schema);
  for (const change of changes) connection.execute(change);
  if (options.mode === 'replace' && !isNew) connection.execute(`DELETE FROM ${sql.quoted(table)}`);
  const moved = commit.files.length === 0 ? { rows: 0, rejected: 0 } : moveRows(connection, options, places, commit);
  const detail: Json = {
    ...{ file: options.path, table: options.table, changes: notes },
    ...(options.contract === 'reject' ? { rejected: moved.rejected } : {}),
  };
  const entry = { rows: moved.rows, bytes: commit.bytes, detail };
  connection.execute(addEntrySql(sql.ledger, commit, entry, commit.cursors, 'now()'));
  return { ...entry, already: false };
}

function moveRows(
  connection: Connection,
  options: FileOptions,
  places: readonly sql.Place[],
  commit: Commit,
): { rows: number; rejected: number } {
  const table = sql.quoted(sql.tableOf(options));
  const key = options.key ?? [];
  const staged = `(${sql.stagedSql(commit.files)})`;
  const isRejecting = options.contract === 'reject';
  const misfit = sql.misfitSql(
    isRejecting ? places : places.filter(({ from }) => key.includes(from)).map((place) => ({ ...place, isSame: true })),
    key,
  );
  const rejected = isRejecting ? reject(connection, staged, misfit, commit) : 0;
  if (!isRejecting && key.length > 0) checkKeys(connection, staged, misfit, options);
  const source = isRejecting ? `(SELECT * FROM ${staged} WHERE ${misfit} IS NULL)` : staged;
  const rows = connection.execute(
    options.mode === 'merge' ? sql.mergeSql(table, places, source, options) : sql.insertSql(table, places, source),
  );
  return { rows, rejected };
}

function reject(connection: Connection, staged: string, misfit: string, { run, pipeline, output }: Commit): number {
  connection.execute(sql.rejectsSql);
  return connection.execute(`INSERT INTO ${sql.rejects}
    SELECT ${[run, pipeline, output].map(literal).join(', ')}, 'load', 'contract', reason, NULL, NULL, row, now()::TIMESTAMP
    FROM (SELECT ${misfit} AS reason, to_json(staged)::VARCHAR AS row
      FROM (SELECT * EXCLUDE (sheaf_task, sheaf_place) FROM ${staged}) AS staged) WHERE reason IS NOT NULL`);
}

function checkKeys(connection: Connection, staged: string, misfit: string, { table, key = [] }: FileOptions): void {
  const [counted] = connection.rows(`SELECT count(*) AS n FROM ${staged} WHERE ${misfit} IS NOT NULL`);
  const rows = Number(counted?.n ?? 0);
  if (rows > 0) throw nullInKey(rows, table, key);
}
