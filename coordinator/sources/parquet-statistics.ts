import type { Connection } from '../../shared/duckdb/connection.ts';
import type { Column, Schema } from '../../shared/schema.ts';
import { literal, pathLiteral } from '../../shared/sql/text.ts';
import type { FileRef } from '../../shared/stage/split.ts';
import type { ColumnStatistics, SplitStatistics } from '../planner/source.ts';
import type { FileFacts } from './file-facts.ts';
import type { SourceCache } from './source-cache.ts';

/** One entry for each row group of a file. */
type OfFile = readonly (ColumnStatistics | undefined)[];

/**
 * What footers say of the values of a column, read when a filter asks for it, in one query for all files that were not
 * asked before. A column that stands in the names of directories (`…/year=2024/…`) has one value for each file.
 */
export function parquetStatistics(
  facts: readonly FileFacts[],
  connection: Connection,
  cache: SourceCache,
): (column: Column) => readonly SplitStatistics[] {
  return (column) => {
    if (!comparable.test(column.type)) return facts.flatMap(({ splits }) => splits([]).map(() => undefined));
    // What files of one type say is not asked of a scan that brings them to another.
    const way = `statistics of ${column.name.toLowerCase()} ${column.type}`;
    const known = new Map(facts.map(({ file }) => [file.path, cache.get<OfFile>(file, way)]));
    const asked = facts.filter((fact) => known.get(fact.file.path) === undefined && hasColumn(fact, column));
    for (const [file, found] of readStatistics(asked, column, connection)) {
      cache.set(file, way, found);
      known.set(file.path, found);
    }
    return facts.flatMap((fact) => {
      const found = known.get(fact.file.path) ?? [];
      const splits = fact.splits([]);
      return splits.map((_, i) => (found.length === splits.length ? found[i] : undefined));
    });
  };
}

/** Types whose values are compared as their statistics are: others have another order, or lose digits as text. */
const comparable =
  /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT)|DECIMAL\(.*\)|FLOAT|DOUBLE|DATE|TIMESTAMP(_S|_MS| WITH TIME ZONE)?|VARCHAR|BOOLEAN)$/;

/** A file whose own type is another would be cast: its statistics are of other values. */
const hasColumn = ({ schema }: FileFacts, { name, type }: Column): boolean =>
  schema.some((own) => own.name.toLowerCase() === name.toLowerCase() && own.type === type) && !isRenamed(name, schema);

/** Of the file's columns `k`, `K` and `K_1`, DuckDB calls the second `K_1`, and the third `K_1_1`. */
const isRenamed = (name: string, schema: Schema): boolean =>
  /_\d+$/.test(name) && schema.some((own) => own.name.toLowerCase() === `${name.toLowerCase()}_1`);

interface Row {
  readonly file: string;
  readonly group: number;
  readonly min: string | null;
  readonly max: string | null;
  /** Values, not only bounds: other writers cut long ones, and say nothing of it or that they did. */
  readonly exact: boolean;
  readonly nulls: number | null;
  readonly count: number | null;
  /** Nested columns of the same path. */
  readonly alike: number;
}

function* readStatistics(
  facts: readonly FileFacts[],
  column: Column,
  connection: Connection,
): Generator<readonly [FileRef, OfFile]> {
  if (facts.length === 0) return;
  const paths = facts.map((fact) => pathLiteral(footerOf(fact))).join(', ');
  const rows = connection.rows(`
    SELECT file_name AS file, row_group_id::INTEGER AS "group", any_value(stats_min_value) AS min,
      any_value(stats_max_value) AS max,
      any_value(COALESCE(min_is_exact AND max_is_exact, false)) AS exact, any_value(stats_null_count)::DOUBLE AS nulls,
      any_value(num_values)::DOUBLE AS count, count(*)::INTEGER AS alike
    FROM parquet_metadata([${paths}]) WHERE lower(path_in_schema) = lower(${literal(column.name)})
    GROUP BY ALL ORDER BY ALL`) as unknown as Row[];
  const byFile = Map.groupBy(rows, ({ file }) => file);
  for (const fact of facts) {
    const own = byFile.get(footerOf(fact))?.map((row) => statisticsOf(row, column));
    const inPath = textInPath(fact.file.path, column);
    // A directory's value hides that of a column in the file.
    if (inPath !== undefined && own !== undefined) yield [fact.file, own.map(() => undefined)];
    else yield [fact.file, own ?? fact.splits([]).map(() => ofDirectory(inPath))];
  }
}

const footerOf = ({ file, footer }: FileFacts): string => footer ?? file.path;

function statisticsOf({ min, max, exact, nulls, count, alike }: Row, { type }: Column): ColumnStatistics | undefined {
  if (alike !== 1) return undefined;
  const isFloating = type === 'FLOAT' || type === 'DOUBLE';
  return {
    min: min !== null && isFloating && /nan/i.test(min) ? null : textBound(min, type),
    // NaN is greater than all numbers and counts in no statistics.
    max: isFloating ? null : textBound(max, type),
    exact,
    allNull: nulls !== null && nulls === count,
    noNull: nulls === 0,
  };
}

/** Text that is cut within a character is printed with escapes, which have another place in the order. */
const textBound = (bound: string | null, type: string): string | null =>
  bound !== null && type === 'VARCHAR' && bound.includes('\\x') ? null : bound;

/** The value of a column that DuckDB takes from `name=value` in a file's path. */
const textInPath = (path: string, { name }: Column): string | undefined =>
  path
    .split('/')
    .findLast((each) => each.toLowerCase().startsWith(`${name.toLowerCase()}=`))
    ?.slice(name.length + 1);

function ofDirectory(text: string | undefined): ColumnStatistics | undefined {
  if (text === undefined || text === '' || text === '__HIVE_DEFAULT_PARTITION__' || text.includes('%'))
    return undefined;
  return { min: text, max: text, exact: false, allNull: false, noNull: true };
}
