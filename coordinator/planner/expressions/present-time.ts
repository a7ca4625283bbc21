import { type AstNode, type AstValue, find, nodesOf, rewrite, textsOf } from '../../../shared/sql/ast.ts';
import type { Dialect } from '../dialect.ts';
import { parseExpression, printExpression } from './tree.ts';

/**
 * The present time is a constant of the job: all tasks, and all attempts of a task, mean the moment of planning, as one
 * query in DuckDB means its own start. Zone: UTC, as everywhere in the engine.
 *
 * @param columns names of the input in lower case: a column `current_date` is the column
 */
export function fixTime<T extends AstNode | readonly AstNode[]>(
  dialect: Dialect,
  tree: T,
  nowMs: number,
  columns: ReadonlySet<string>,
): T {
  return rewrite(tree, (node) => {
    const text = constantFor(node, dialect, nowMs, columns);
    return text === undefined ? undefined : { ...parseExpression(dialect, text), alias: node.alias ?? '' };
  });
}

/** Items of SELECT lists that speak of the present and have no alias are called by what was written, not by its moment. */
export function namedByPresent<T extends AstValue>(dialect: Dialect, tree: T, columns: ReadonlySet<string>): T {
  const isPresent = (node: AstNode): boolean => constantFor(node, dialect, 0, columns) !== undefined;
  if (find(tree, isPresent).length === 0) return tree;
  return rewrite(tree, (node) => {
    if (!Array.isArray(node.select_list)) return undefined;
    const list = nodesOf(node.select_list);
    const part = ([key, value]: [string, AstValue]): [string, AstValue] =>
      key === 'select_list' ? [key, list.map(named)] : [key, namedByPresent(dialect, value, columns)];
    return Object.fromEntries(Object.entries(node).map(part));
  });

  function named(item: AstNode): AstNode {
    const isUnnamed = item.alias === '' && find(item, isPresent).length > 0;
    const isPattern = find(item, (part) => part.class === 'STAR').length > 0;
    const own = namedByPresent(dialect, item, columns);
    return isUnnamed && !isPattern ? { ...own, alias: printExpression(dialect, item) } : own;
  }
}

function constantFor(node: AstNode, dialect: Dialect, nowMs: number, columns: ReadonlySet<string>): string | undefined {
  if (node.class === 'COLUMN_REF') return ofKeyword(textsOf(node.column_names), nowMs, columns);
  if (node.class !== 'FUNCTION') return undefined;
  const name = String(node.function_name).toLowerCase();
  const [argument, ...more] = nodesOf(node.children);
  if (argument === undefined) return ofFunction(name, nowMs);
  if (more.length > 0 || (name !== 'age' && name !== 'ago')) return undefined;
  const inner = printExpression(dialect, fixTime(dialect, argument, nowMs, columns));
  return name === 'age'
    ? `age(CAST(${date(nowMs)} AS TIMESTAMP), ${inner})`
    : `(${moment(nowMs)} - CAST(${inner} AS INTERVAL))`;
}

function ofFunction(name: string, nowMs: number): string | undefined {
  if (['now', 'get_current_timestamp', 'transaction_timestamp', 'current_timestamp'].includes(name))
    return moment(nowMs);
  if (name === 'today' || name === 'current_date') return date(nowMs);
  return name === 'get_current_time' || name === 'current_time' ? `TIMETZ '${time(nowMs)}+00'` : undefined;
}

function ofKeyword(names: readonly string[], nowMs: number, columns: ReadonlySet<string>): string | undefined {
  const name = names[0]?.toLowerCase() ?? '';
  if (names.length !== 1 || columns.has(name)) return undefined;
  if (name === 'localtime') return `TIME '${time(nowMs)}'`;
  if (name === 'localtimestamp') return `TIMESTAMP '${iso(nowMs)}'`;
  return name.startsWith('current_') ? ofFunction(name, nowMs) : undefined;
}

/** `2026-11-22 10:11:12.345` */
const iso = (nowMs: number): string => new Date(nowMs).toISOString().replace('T', ' ').replace('Z', '');
const time = (nowMs: number): string => iso(nowMs).slice('2026-11-22 '.length);
const date = (nowMs: number): string => `DATE '${iso(nowMs).slice(0, '2026-11-22'.length)}'`;
const moment = (nowMs: number): string => `TIMESTAMPTZ '${iso(nowMs)}+00'`;
