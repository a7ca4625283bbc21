import type { NamedExpression } from '../../shared/plan/nodes/expression.ts';
import type { SchemaSpec } from '../../shared/schema.ts';
import { Aliased, type SortKey } from '../expressions/expression.ts';
import { quoteName } from '../expressions/identifier.ts';
import type { Typed } from '../expressions/typed.ts';
import type { Columns, Selected } from './types.ts';

/** Columns given by name as expressions of the plan. */
export const namedColumns = (columns: Columns<SchemaSpec>): readonly NamedExpression[] =>
  Object.entries(columns).map(([name, value]) => ({ name, sql: typeof value === 'string' ? value : value.sql }));

/** What `select` and `groupBy` take, as expressions of the plan. */
export const selectedColumns = (items: readonly Selected<SchemaSpec>[]): readonly NamedExpression[] =>
  items.flatMap((item) => {
    if (typeof item === 'string') return [{ name: item, sql: quoteName(item) }];
    if (item instanceof Aliased) return [{ name: item.name, sql: item.sql }];
    return namedColumns(item as Columns<SchemaSpec>);
  });

const suffix = /(?:\s+(?:asc|desc))?(?:\s+nulls\s+(?:first|last))?\s*$/i;
const plainName = /^[\p{L}_][\p{L}\p{N}_$]*$/u;

/**
 * A sort key as SQL. Text is a column's name with an optional direction: names that are plain words, or are known to be
 * columns, are quoted; any other text is SQL.
 */
export function sortKeySql(key: string | SortKey | Typed, names: readonly string[] | undefined): string {
  if (typeof key !== 'string') return key.sql;
  if (names?.includes(key)) return quoteName(key);
  const name = key.replace(suffix, '').trim();
  if (!plainName.test(name) && !names?.includes(name)) return key;
  return quoteName(name) + key.slice(key.indexOf(name) + name.length);
}
