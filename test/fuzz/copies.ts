import { join } from 'node:path';
import { encodeSchema } from '../../shared/arrow/ipc.ts';
import type { Config } from '../../shared/config/config.ts';
import type { Connection } from '../../shared/duckdb/connection.ts';
import { ExchangeReader } from '../../shared/exchange/reader.ts';
import { ExchangeWriter } from '../../shared/exchange/writer.ts';
import { literal, quotedName } from '../../shared/sql/text.ts';
import type { PartitionSize } from '../../shared/stage/task.ts';
import { writeArrowFile } from '../../worker/kernel/splits/arrow-file.ts';
import type { Random } from '../simulation/random.ts';
import type { FileTable, PlanTable } from './questions/world.ts';

/** Tables that DuckDB alone does not read: Arrow files, and datasets that a client uploaded. */
export interface Copies {
  readonly arrow: readonly PlanTable[];
  readonly uploads: readonly PlanTable[];
  /** What each segment of the uploads holds. */
  readonly datasets: Readonly<Record<string, readonly PartitionSize[]>>;
}

/** What copies are made with. */
interface Copying {
  readonly random: Random;
  readonly connection: Connection;
  readonly directory: string;
  /** Where exchange files lie. */
  readonly root: string;
  readonly config: Config;
}

/** Copies of tables; for DuckDB a view of the copied table has the copy's name. */
export function makeCopies(tables: readonly FileTable[], copying: Copying): Copies {
  const { random } = copying;
  const some = (): readonly FileTable[] => (random.chance(0.6) ? [random.pick(tables)] : []);
  const arrow = some().map((table) => arrowFile(table, copying));
  const spooled = some().map((table) => upload(table, copying));
  return {
    arrow,
    uploads: spooled.map(({ table }) => table),
    datasets: Object.fromEntries(spooled.map(({ id, segments }) => [id, segments])),
  };
}

function arrowFile(table: FileTable, { random, connection, directory }: Copying): PlanTable {
  const path = join(directory, `${table.name}.arrow`);
  const pieces = piecesOf(table, random.between(1, 4));
  using first = connection.query(pieces[0] ?? '');
  const { schema } = first;
  writeArrowFile(path, schema, batchesOf(connection, pieces));
  view(connection, path, table);
  const node = { kind: 'scan', format: 'arrow', paths: [path], options: {} } as const;
  return { ...table, from: literal(path), source: 'arrow', node };
}

/** As the coordinator spools what a client sends, in messages of few rows or of all. */
function upload(
  table: FileTable,
  { random, connection, root, config }: Copying,
): { readonly id: string; readonly table: PlanTable; readonly segments: readonly PartitionSize[] } {
  const id = `dataset-${table.name}`;
  const pieces = piecesOf(table, random.between(1, 4));
  using first = connection.query(pieces[0] ?? '');
  const { schema, columns } = first;
  const owner = { kind: 'dataset', dataset: id } as const;
  const limits = { ...config, exchangeMessageBytesMax: random.pick([500, 5000, 2 ** 20]) };
  using writer = new ExchangeWriter({ root, owner, partitions: 1, schema: encodeSchema(schema), limits });
  for (const batch of batchesOf(connection, pieces)) writer.write(0, batch);
  writer.commit();
  using reader = new ExchangeReader(writer.path);
  const segments = (reader.index.partitions[0] ?? []).map(({ rows, metadataBytes, bodyBytes }) => ({
    rows,
    bytes: metadataBytes + bodyBytes,
  }));
  view(connection, id, table);
  const node = { kind: 'dataset', id, schema: columns } as const;
  return { id, table: { ...table, from: quotedName(id), source: 'upload', node }, segments };
}

const piecesOf = ({ from }: FileTable, pieces: number): string[] =>
  Array.from({ length: pieces }, (_, piece) => `SELECT * FROM ${from} WHERE hash(id) % ${pieces} = ${piece}`);

function* batchesOf(connection: Connection, pieces: readonly string[]) {
  for (const sql of pieces) {
    using query = connection.query(sql);
    yield* query;
  }
}

const view = (connection: Connection, name: string, { from }: FileTable): number =>
  connection.execute(`CREATE TEMP VIEW ${quotedName(name)} AS FROM ${from}`);
