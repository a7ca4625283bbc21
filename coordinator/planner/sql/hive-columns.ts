import type { WrittenPath } from '../../../shared/plan/nodes/sql.ts';
import { unquotedText } from '../../../shared/sql/text.ts';
import type { PlanContext } from '../context.ts';
import { scanKey } from '../source.ts';
import type { Relations, TableReference } from './table-references.ts';
import { isOwnFile } from './virtual-columns.ts';

/**
 * A column that the directories of CSV or NDJSON files give (`year=2024/…`), and that DuckDB's own reader of many files knows alone; those
 * of Parquet are scanned. Nothing where a directory above what the text names has one, too: DuckDB would not see that.
 */
export function hiveColumn(
  references: readonly TableReference[],
  relations: Relations,
  paths: readonly WrittenPath[],
  { sources }: Pick<PlanContext, 'sources'>,
): string | undefined {
  const above = paths.map(({ written, absolute }) => aboveText(unquotedText(written), unquotedText(absolute)));
  for (const reference of references) {
    const { plan } = reference;
    if (plan.kind !== 'scan' || (plan.format !== 'csv' && plan.format !== 'ndjson')) continue;
    const files = isOwnFile(reference, relations) ? (sources.get(scanKey(plan))?.files ?? []) : [];
    const [first, ...others] = files.map(({ path }) => keysOf(path));
    const key = first?.find((name) => others.every((keys) => keys.includes(name)));
    const isAbove = above.some((folder) => keysOf(`${folder}/x`).length > 0);
    if (key !== undefined && !isAbove) return key;
  }
  return undefined;
}

const aboveText = (written: string, absolute: string): string =>
  absolute.endsWith(written) ? absolute.slice(0, absolute.length - written.length) : '';

/** Of the directories of a path, those that name a column and its value. */
const keysOf = (path: string): string[] =>
  path
    .split('/')
    .slice(0, -1)
    .flatMap((part) => {
      const [key = '', value, ...more] = part.split('=');
      return value === undefined || more.length > 0 || key === '' ? [] : [key.toLowerCase()];
    });
