import { SheafError } from '../../../shared/errors.ts';
import { type AstNode, find, isNode, nodesOf, onlyStatement, textsOf } from '../../../shared/sql/ast.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import type { Dialect } from '../dialect.ts';

/** One scalar or aggregate expression as a tree. */
export type Expression = AstNode;

/** One item of ORDER BY as a tree: `type`, `null_order` and `expression`. */
export type OrderItem = AstNode;

/**
 * @param text one expression in the user's words
 * @throws SheafError `SQL_INVALID` if it is not exactly one expression
 */
export function parseExpression(dialect: Dialect, text: string): Expression {
  const plain = plainColumn.exec(text)?.[1];
  if (plain !== undefined) return columnNamed(plain);
  const select = parsePart(dialect, `SELECT\n${text}\n`);
  const [expression, ...more] = nodesOf(select.select_list);
  if (expression === undefined || more.length > 0 || !hasOnly(select, ['select_list']))
    throw notOne(text, 'expression');
  return expression;
}

/**
 * @param text what stands after ORDER BY: one item, or several
 * @throws SheafError `SQL_INVALID` if it is anything else
 */
export function parseOrder(dialect: Dialect, text: string): readonly OrderItem[] {
  const select = parsePart(dialect, `SELECT 1 ORDER BY\n${text}\n`);
  const [order, ...more] = nodesOf(select.modifiers);
  if (order?.type !== 'ORDER_MODIFIER' || more.length > 0) throw notOne(text, 'sort key');
  return nodesOf(order.orders);
}

/** Just a column in quotes: DuckDB need not be asked. */
const plainColumn = /^"([^"]+)"$/;

/** A reference to one column. */
export const columnNamed = (name: string): Expression => ({
  class: 'COLUMN_REF',
  type: 'COLUMN_REF',
  alias: '',
  column_names: [name],
});

/** `count(*)` */
export const countOfRows: Expression = {
  class: 'FUNCTION',
  type: 'FUNCTION',
  alias: '',
  function_name: 'count_star',
  schema: '',
  children: [],
  filter: null,
  order_bys: { type: 'ORDER_MODIFIER', orders: [] },
  distinct: false,
  is_operator: false,
  export_state: false,
  catalog: '',
};

/** The expression as DuckDB prints it, without its alias. */
export function printExpression(dialect: Dialect, expression: Expression): string {
  const [column, ...more] = textsOf(expression.column_names);
  if (expression.class === 'COLUMN_REF' && column !== undefined && more.length === 0) return quotedName(column);
  return dialect.print(selectOf([{ ...expression, alias: '' }])).slice('SELECT '.length);
}

/** Items of ORDER BY as DuckDB prints them, without the words. */
export function printOrder(dialect: Dialect, orders: readonly OrderItem[]): string {
  const constant = nodesOf(onlyStatement(dialect.parse('SELECT 1'))?.select_list);
  const text = dialect.print(selectOf(constant, [{ type: 'ORDER_MODIFIER', orders }]));
  return text.slice(text.indexOf('ORDER BY ') + 'ORDER BY '.length);
}

/** A tree that selects expressions from nothing. */
const selectOf = (list: readonly AstNode[], modifiers: readonly AstNode[] = []): AstNode => ({
  error: false,
  statements: [
    {
      node: {
        type: 'SELECT_NODE',
        modifiers,
        cte_map: { map: [] },
        select_list: list,
        from_table: { type: 'EMPTY', alias: '' },
        aggregate_handling: 'STANDARD_HANDLING',
      },
    },
  ],
});

function parsePart(dialect: Dialect, sql: string): AstNode {
  try {
    const select = onlyStatement(dialect.parse(sql));
    if (select?.type === 'SELECT_NODE') return select;
  } catch (thrown) {
    throw inOwnLines(SheafError.from(thrown));
  }
  throw notOne(sql.split('\n').slice(1).join('\n').trim(), 'expression');
}

/** Our own first line does not count: places in the message are places in the user's text. */
export function inOwnLines(error: SheafError): SheafError {
  const message = error.message.replace(/^LINE (\d+):/m, (_, line: string) => `LINE ${Math.max(1, Number(line) - 1)}:`);
  return new SheafError(error.code, message, { ...error.toData(), cause: error });
}

const notOne = (text: string, what: string): SheafError =>
  new SheafError('SQL_INVALID', `Not one ${what}: ${text}`, { next: `Write one SQL ${what} here.` });

const clauses = ['where_clause', 'group_expressions', 'having', 'sample', 'qualify', 'modifiers'];

function hasOnly(select: AstNode, allowed: readonly string[]): boolean {
  const isEmpty = (key: string): boolean => select[key] === null || nodesOf(select[key]).length === 0;
  const isFromNothing = isNode(select.from_table) && select.from_table.type === 'EMPTY';
  const filled = clauses.filter((key) => isNode(select[key]) || !isEmpty(key));
  return isFromNothing && filled.every((key) => allowed.includes(key));
}

/** Names that an expression may take from its input: every part of every reference, in lower case. */
export function namesIn(expression: AstNode | readonly AstNode[]): ReadonlySet<string> {
  const references = find(expression, (node) => node.class === 'COLUMN_REF');
  return new Set(references.flatMap((node) => textsOf(node.column_names)).map((name) => name.toLowerCase()));
}

/** `*` and `COLUMNS(…)`: they stand for names that are not written. */
export const hasStar = (expression: AstNode | readonly AstNode[]): boolean =>
  find(expression, (node) => node.class === 'STAR').length > 0;
