import type { Schema } from '../../../shared/schema.ts';
import { type AstNode, find, isNode } from '../../../shared/sql/ast.ts';
import { describeOver } from '../bind/describe.ts';
import type { SortKey } from '../bound/plan.ts';
import type { Dialect } from '../dialect.ts';
import { type OrderItem, parseOrder, printExpression } from '../expressions/tree.ts';

/**
 * One expression, a BLOB, whose bytes stand in the order of the sort: direction, null order and collation of each key
 * are in it. Made by DuckDB's `create_sort_key`, which its own sort uses.
 *
 * @returns nothing where its order could be another than that of ORDER BY
 */
export function sortKeyOf(keys: readonly SortKey[], schema: Schema, dialect: Dialect): string | undefined {
  if (keys.length === 0 || keys.some(({ volatile }) => volatile)) return undefined;
  const items = keys.flatMap(({ sql }) => parseOrder(dialect, sql));
  const parts = items.map((item) => partOf(item, schema, dialect));
  // A text at the end, or DuckDB makes a number of narrow keys.
  return parts.every((part) => part !== undefined)
    ? `create_sort_key(${parts.join(', ')}, '', 'ASC NULLS LAST')`
    : undefined;
}

function partOf({ type, null_order, expression }: OrderItem, schema: Schema, dialect: Dialect): string | undefined {
  if (!isNode(expression) || !positional(expression)) return undefined;
  const value = collated(expression, dialect);
  if (value === undefined || !isPlainlyOrdered(value, schema, dialect)) return undefined;
  const direction = type === 'DESCENDING' ? 'DESC' : 'ASC';
  const nulls = null_order === 'NULLS FIRST' ? 'NULLS FIRST' : 'NULLS LAST';
  return `${value}, '${direction} ${nulls}'`;
}

/** `ORDER BY 1` and `ALL` name columns by their place. */
const positional = ({ class: kind }: AstNode): boolean => kind !== 'CONSTANT' && kind !== 'STAR';

/** `create_sort_key` knows no collations: it is given what they compare. Nothing for one that stands deeper. */
function collated(expression: AstNode, dialect: Dialect): string | undefined {
  const { class: kind, child, collation } = expression;
  if (kind === 'COLLATE' && isNode(child) && typeof collation === 'string') {
    const inner = collated(child, dialect);
    return inner === undefined ? undefined : inCollation(inner, collation.toLowerCase().split('.'));
  }
  const isInside = find(expression, (node) => node.class === 'COLLATE').length > 0;
  return isInside ? undefined : printExpression(dialect, expression);
}

/** Those that combine come first, as DuckDB applies them; a language's goes last. */
function inCollation(text: string, names: readonly string[]): string | undefined {
  if (names.some((name) => !/^[a-z_]+$/.test(name))) return undefined;
  const combined = names.reduce((inner, name) => (name in combinable ? `${combinable[name]}(${inner})` : inner), text);
  const language = names.find((name) => !(name in combinable) && name !== 'binary' && name !== 'c' && name !== 'posix');
  return language === undefined ? combined : `icu_collate_${language}(${combined})`;
}

const combinable: Readonly<Record<string, string>> = {
  nocase: 'lower',
  noaccent: 'strip_accents',
  nfc: 'nfc_normalize',
};

/** Types whose sort keys are known to stand as their values do: an interval of 30 days is equal to one of a month. */
function isPlainlyOrdered(value: string, schema: Schema, dialect: Dialect): boolean {
  const [column] = describeOver(dialect, [{ name: 'input', schema }], `SELECT ${value} AS k FROM input`);
  return (
    column !== undefined && !/\b(INTERVAL|TIME WITH TIME ZONE|TIMETZ|VARIANT|BIGNUM|VARINT|UNION)\b/.test(column.type)
  );
}
