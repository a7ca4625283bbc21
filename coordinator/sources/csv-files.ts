import type { Connection } from '../../shared/duckdb/connection.ts';
import type { ScanOptions } from '../../shared/plan/nodes/scan.ts';
import type { Schema } from '../../shared/schema.ts';
import type { CsvDialect, FileRef } from '../../shared/stage/split.ts';
import type { SourceSplit } from '../planner/source.ts';
import { type SniffedCsv, sniffCsv } from './csv.ts';
import type { FileFacts } from './file-facts.ts';
import type { SourceCache } from './source-cache.ts';
import { byteRanges, textBytes } from './text-splits.ts';

/** Each file has a dialect of its own; the types of columns are those that the scan settles on for all files. */
export function lookIntoCsv(
  files: readonly FileRef[],
  options: ScanOptions,
  splitBytes: number,
  connection: Connection,
  cache: SourceCache,
): FileFacts[] {
  const way = `csv ${JSON.stringify(options)}`;
  return files.map((file) => {
    const sniffed = cache.get<SniffedCsv>(file, way) ?? sniffCsv(file, options, connection);
    cache.set(file, way, sniffed);
    const isWhole = sniffed.isOnePiece || options.multiline === true;
    return {
      file,
      schema: sniffed.dialect.columns,
      ...(sniffed.noRows === undefined ? {} : { noRows: sniffed.noRows }),
      splits: (scan) =>
        sniffed.noRows === 'empty' ? [] : splitsOf(file, withTypes(sniffed.dialect, scan), splitBytes, isWhole),
    };
  });
}

const splitsOf = (file: FileRef, dialect: CsvDialect, splitBytes: number, isWhole: boolean): SourceSplit[] =>
  byteRanges(file, splitBytes, isWhole).map((range) => ({
    split: { kind: 'csv', file, ...range, dialect },
    rows: 0,
    bytes: textBytes(file, range),
  }));

const withTypes = (dialect: CsvDialect, scan: Schema): CsvDialect => ({
  ...dialect,
  columns: dialect.columns.map((column) => ({
    name: column.name,
    type: scan.find(({ name }) => name.toLowerCase() === column.name.toLowerCase())?.type ?? column.type,
  })),
});
