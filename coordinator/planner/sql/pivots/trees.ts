import { type AstNode, find, isNode, nodesOf, onlyStatement, textsOf } from '../../../../shared/sql/ast.ts';
import type { Dialect } from '../../dialect.ts';

/** A SELECT to fill: DuckDB's own parser says what a node looks like. */
export const selectOf = (sql: string, dialect: Dialect): AstNode => onlyStatement(dialect.parse(sql)) ?? {};

/** `*` without the columns that a PIVOT's aggregates and pivoted columns name: what it groups by where it does not say. */
export function starWithout({ aggregates, pivots }: AstNode, dialect: Dialect): AstNode {
  const named = find([...nodesOf(aggregates), ...nodesOf(pivots)], (node) => node.class === 'COLUMN_REF');
  const names = new Map(
    named.map(({ column_names }) => textsOf(column_names).at(-1) ?? '').map((name) => [name.toLowerCase(), name]),
  );
  const [star = {}] = nodesOf(selectOf('SELECT * FROM t', dialect).select_list);
  return { ...star, exclude_list: [...names.values()] };
}

/** A SELECT as a table of FROM, under the alias of the node that it replaces. */
export function asTable(replaced: AstNode, select: AstNode, dialect: Dialect): AstNode {
  const { from_table: table } = selectOf('FROM (SELECT 1) AS t', dialect);
  if (!isNode(table) || !isNode(table.subquery)) return replaced;
  const { alias = '', column_name_alias = [], sample = null } = replaced;
  return { ...table, alias, column_name_alias, sample, subquery: { ...table.subquery, node: select } };
}
