import { type AstNode, type AstValue, find, isNode, nodesOf } from '../../../shared/sql/ast.ts';
import type { Dialect } from '../dialect.ts';
import { columnNamed, printExpression } from '../expressions/tree.ts';

/**
 * `url.upper()` as `upper(url)`: DuckDB's parser takes the column for a schema and its table for a catalog, and only its binder knows
 * better. What has no alias keeps the name that DuckDB gives it, the text as it was written.
 */
export function methodsAsCalls<T extends AstValue>(value: T, dialect: Dialect): T {
  if (find(value, isMethod).length === 0) return value;
  if (Array.isArray(value)) return value.map((item: AstValue) => methodsAsCalls(item, dialect)) as unknown as T;
  if (!isNode(value)) return value;
  const inner = Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, methodsAsCalls(named(key, child, dialect), dialect)]),
  );
  return (isMethod(value) ? asCall(inner) : inner) as unknown as T;
}

/** Schemas that hold functions. */
const schemas = new Set(['', 'main', 'pg_catalog', 'information_schema']);

const isMethod = ({ class: kind, schema }: AstNode): boolean =>
  kind === 'FUNCTION' && typeof schema === 'string' && !schemas.has(schema.toLowerCase());

function asCall(call: AstNode): AstNode {
  const column = columnNamed(String(call.schema));
  const table = call.catalog ? [String(call.catalog)] : [];
  const receiver = { ...column, column_names: [...table, String(call.schema)] };
  return { ...call, schema: '', catalog: '', children: [receiver, ...nodesOf(call.children)] };
}

function named(key: string, child: AstValue, dialect: Dialect): AstValue {
  if (key !== 'select_list') return child;
  return nodesOf(child).map((item) => (isUnnamed(item) ? { ...item, alias: printExpression(dialect, item) } : item));
}

const isUnnamed = (item: AstNode): boolean =>
  item.alias === '' &&
  item.class !== 'SUBQUERY' &&
  find(item, isMethod).length > 0 &&
  find(item, ({ class: kind }) => kind === 'STAR').length === 0;
