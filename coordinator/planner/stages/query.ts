import type { NamedExpression } from '../../../shared/plan/nodes/expression.ts';
import { name, quotedName } from '../../../shared/sql/text.ts';

/**
 * A SELECT under construction. Operators are folded into it as long as SQL's own order of clauses allows; else it
 * becomes the subquery of a new one, which DuckDB's optimizer flattens.
 */
export interface Query {
  /** A relation's name, a subquery in parentheses, or a join. */
  readonly from: string;
  readonly where: readonly string[];
  /** Absent: all columns. */
  readonly columns?: readonly NamedExpression[];
  readonly distinct?: boolean;
  /** From GROUP BY on. */
  readonly tail?: string;
}

/** All rows and columns of a relation. */
export const queryOf = (relation: string): Query => ({ from: relation, where: [] });

/** Whether the query is its relation as it is. */
export const isBare = ({ where, columns, distinct, tail }: Query): boolean =>
  where.length === 0 && columns === undefined && !distinct && tail === undefined;

/** The query as something to select from: a name, or a subquery. */
export const asRelation = (query: Query): string => (isBare(query) ? query.from : `(${queryText(query)})`);

/** The query as SQL. */
export function queryText({ from, where, columns, distinct, tail }: Query): string {
  const list = columns === undefined ? '*' : columns.map(columnText).join(', ');
  const filter = where.length === 0 ? '' : ` WHERE ${conjunction(where)}`;
  return `SELECT ${distinct ? 'DISTINCT ' : ''}${list} FROM ${from}${filter}${tail === undefined ? '' : ` ${tail}`}`;
}

const conjunction = (predicates: readonly string[]): string =>
  predicates.length === 1 ? predicates.join() : predicates.map((predicate) => `(${predicate})`).join(' AND ');

const columnText = (column: NamedExpression): string =>
  column.sql === quotedName(column.name) || column.sql === name(column.name)
    ? name(column.name)
    : `${column.sql} AS ${name(column.name)}`;

/** Rows of the query that fulfil a condition over its columns. */
export function addFilter(query: Query, predicate: string): Query {
  if (query.columns === undefined && query.tail === undefined && !query.distinct) {
    return { ...query, where: [...query.where, predicate] };
  }
  return { from: asRelation(query), where: [predicate] };
}

/** Replaces the select list and adds clauses from GROUP BY on. */
export function addSelect(query: Query, columns: readonly NamedExpression[], tail?: string): Query {
  const clauses = { columns, ...(tail === undefined ? {} : { tail }) };
  if (query.columns === undefined && query.tail === undefined && !query.distinct) {
    return { from: query.from, where: query.where, ...clauses };
  }
  return { from: asRelation(query), where: [], ...clauses };
}

/** ORDER BY, LIMIT: over the query's columns only, whatever it reads. */
export function addTail(query: Query, tail: string): Query {
  if (query.columns === undefined && query.tail === undefined && !query.distinct) return { ...query, tail };
  return { from: asRelation(query), where: [], tail };
}

/** One of each set of equal rows of the query. */
export function addDistinct(query: Query): Query {
  if (query.columns === undefined && query.tail === undefined && !query.distinct) return { ...query, distinct: true };
  return { from: asRelation(query), where: [], distinct: true };
}
