import { type AstNode, isNode, meaning } from '../../../../shared/sql/ast.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import { positionOf } from './groups.ts';
import type { Inner, Select } from './select.ts';

export interface SortKeys {
  /** Over the projected columns. */
  readonly texts: readonly string[];
  /** Columns that are only sorted by. */
  readonly hidden: readonly Inner[];
}

/** ORDER BY; or for people why it is not understood. */
export function sortKeysOf(select: Select): SortKeys | string {
  const texts: string[] = [];
  const hidden: Inner[] = [];
  for (const order of select.parts.orders) {
    const names = sortNames(select, order, hidden);
    if (typeof names === 'string') return names;
    texts.push(...names.map((name) => `${quotedName(name)}${directionOf(order)}`));
  }
  return { texts, hidden };
}

/** @param hidden gets a column more where no item is meant */
function sortNames(select: Select, { expression }: AstNode, hidden: Inner[]): string[] | string {
  if (!isNode(expression)) return 'its order is not understood';
  if (expression.class === 'STAR') return select.items.map(({ name }) => name);
  const position = positionOf(expression);
  if (position === undefined && expression.class === 'CONSTANT') return 'it orders by a constant';
  const item = position === undefined ? itemFor(select, expression) : select.items[position - 1];
  if (item !== undefined) return [item.name];
  if (position !== undefined) return 'it orders by a position that is not there';
  const column = { name: `${select.hidden}order${hidden.length}`, tree: select.aliases.resolve(expression) };
  hidden.push(column);
  return [column.name];
}

/** The item that ORDER BY names, by alias before column, or repeats. */
function itemFor({ parts, items, aliases }: Select, expression: AstNode): Inner | undefined {
  const [name, ...more] = Array.isArray(expression.column_names) ? expression.column_names.map(String) : [];
  const at = parts.items.findIndex(({ alias }) => alias !== '' && alias.toLowerCase() === name?.toLowerCase());
  if (at >= 0 && more.length === 0) return items[at];
  const tree = aliases.resolve(expression);
  return items.find((item) => meaning(item.tree) === meaning(tree));
}

const directionOf = ({ type, null_order }: AstNode): string =>
  `${type === 'DESCENDING' ? ' DESC' : type === 'ASCENDING' ? ' ASC' : ''}${
    null_order === 'NULLS FIRST' || null_order === 'NULLS LAST' ? ` ${null_order}` : ''
  }`;
