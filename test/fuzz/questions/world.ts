import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from '../../../shared/duckdb/connection.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import { literal, quotedName } from '../../../shared/sql/text.ts';
import type { Random } from '../../simulation/random.ts';
import type { Column } from './column.ts';
import { kindOf, tamePools, type ValuePool, wildPools } from './types.ts';

/** What stands after FROM, with what the generator knows of its columns. */
export interface NamedTable {
  readonly name: string;
  /** How SQL text reads it. */
  readonly from: string;
  /** A format of files, or what else it is. */
  readonly source: string;
  readonly columns: readonly Column[];
}

/** A table that plans read. */
export interface PlanTable extends NamedTable {
  readonly node: PlanNode;
}

/** A table as files. */
export interface FileTable extends PlanTable {
  readonly types: readonly string[];
}

type Format = 'parquet' | 'csv' | 'ndjson';

/** The join key of each table is of a type of its own: equal keys of two types must meet. */
const keyTypes = [
  'INTEGER',
  'BIGINT',
  'SMALLINT',
  'UBIGINT',
  'DOUBLE',
  'FLOAT',
  'DECIMAL(9,2)',
  'DECIMAL(38,10)',
  'VARCHAR',
];

/** Writes random tables into a folder. */
export function makeTables(random: Random, connection: Connection, directory: string): FileTable[] {
  return Array.from({ length: random.between(2, 3) }, (_, i) => makeTable(random, connection, directory, `t${i}`));
}

function makeTable(random: Random, connection: Connection, directory: string, name: string): FileTable {
  const format: Format = random.pick(['parquet', 'parquet', 'parquet', 'parquet', 'csv', 'ndjson']);
  // Sheaf refuses an empty NDJSON file: it tells no columns.
  const rows = random.pick([format === 'ndjson' ? 5 : 0, 7, 40, 100, 100, 150, 150, 200, 200, 2500]);
  const files = format === 'parquet' ? random.pick([1, 2, 3, 4, 5, 5]) : 1;
  const select = columnsOf(random, name, format, rows).join(', ');
  const folder = join(directory, name);
  mkdirSync(folder);
  // An uneven cut: some files have one row, some none.
  const cuts = Array.from({ length: files + 1 }, (_, file) => cutAt(random, rows, file, files));
  const paths = Array.from({ length: files }, (_, file) => {
    const path = join(folder, `part-${file}.${format}`);
    const [from = 0, to = 0] = cuts.slice(file);
    const rowsSql = `SELECT ${select} FROM (SELECT i, hash(i) AS h FROM range(${from}, ${Math.max(from, to)}) t(i))`;
    connection.execute(`COPY (${rowsSql}) TO ${literal(path)} (${copyOptions(random, format)})`);
    return path;
  });
  const glob = join(folder, `*.${format}`);
  const from = format === 'ndjson' ? `read_ndjson(${literal(glob)})` : literal(glob);
  const schema = connection.describe(`FROM ${from}`);
  return {
    name,
    from: random.chance(0.3) && format === 'parquet' ? `read_parquet([${paths.map(literal).join(', ')}])` : from,
    source: format,
    node: { kind: 'scan', format, paths: random.chance(0.5) ? [glob] : paths, options: {} },
    columns: schema.map((column) => ({
      name: column.name,
      sql: quotedName(column.name),
      kind: kindOf(column.type),
      type: column.type,
      wild: column.name.includes('w'),
      inexact: false,
      unique: column.name === 'id',
    })),
    types: schema.map(({ type }) => type),
  };
}

const cutAt = (random: Random, rows: number, file: number, files: number): number =>
  file === 0 ? 0 : file === files ? rows : Math.floor((rows * file) / files + random.between(0, 1));

const copyOptions = (random: Random, format: Format): string =>
  format === 'parquet'
    ? `FORMAT parquet, ROW_GROUP_SIZE ${random.pick([2048, 2048, 122880])}${random.chance(0.3) ? ", COMPRESSION 'zstd'" : ''}`
    : `FORMAT ${format === 'ndjson' ? 'json' : 'csv'}`;

/** `id` is unique, `k` the key that joins tables, `g` has few values; `x…` are tame, `w…` wild. */
function columnsOf(random: Random, name: string, format: Format, rows: number): string[] {
  const isText = format !== 'parquet';
  // Files in the order of their key are joined by ranges of it, if their keys are of one type.
  const isOrdered = !isText && random.chance(0.3);
  const keyType = isText || isOrdered ? 'INTEGER' : random.pick(keyTypes);
  // Many rows have many keys: a join of three such tables must stay small.
  const domain = rows > 1000 ? 5000 : random.pick([3, 10, 50, 1000]);
  const key = `CAST(${random.chance(0.5) ? 'least(h % D, (h // 7) % D)' : 'h % D'} AS INTEGER)`.replaceAll(
    'D',
    `${domain}`,
  );
  const nullable = isText ? key : `CASE WHEN h % 9 = 3 THEN NULL ELSE ${key} END`;
  const fits = (pool: ValuePool): boolean => !isText || pool.inText === true;
  const some = (pools: readonly ValuePool[], count: number, prefix: string): string[] =>
    Array.from({ length: count }, (_, i) =>
      valueSql(random, random.pick(pools.filter(fits)), `${name}${prefix}${i}`, isText),
    );
  const ordered = `CAST(i * ${domain} // ${Math.max(1, rows)} AS INTEGER)`;
  return [
    'i AS id',
    `CAST(${isOrdered ? ordered : nullable} AS ${keyType}) AS k`,
    `(['north', 'south', 'east', '', 'west'])[1 + least(h % 5, (h // 11) % 5)::BIGINT] || '' AS g`,
    ...some(tamePools, random.between(1, 2), 'x'),
    ...some(wildPools, random.between(1, 4), 'w'),
  ];
}

/** A value of the pool by a hash of the row: skewed or even, with nulls or without. */
function valueSql(random: Random, { type, values }: ValuePool, name: string, isText: boolean): string {
  const salt = random.between(1, 1_000_000);
  const nulls = isText ? 0 : random.pick([0, 1, 1, 4]);
  const chosen = values.filter(() => random.chance(0.8));
  const all = [...(chosen.length === 0 ? values : chosen), ...Array.from({ length: nulls }, () => 'NULL')];
  const list = all.map((value) => `CAST(${value} AS ${type})`).join(', ');
  const even = `hash(i, ${salt}) % ${all.length}`;
  const place = random.chance(0.5) ? even : `least(${even}, hash(i, ${salt + 1}) % ${all.length})`;
  return `list_extract(list_value(${list}), 1 + (${place})::BIGINT) AS ${quotedName(name)}`;
}
