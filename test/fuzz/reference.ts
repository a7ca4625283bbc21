import { type PlanNode, type PlanVisitor, visit } from '../../shared/plan/node.ts';
import type { NamedExpression } from '../../shared/plan/nodes/expression.ts';
import { literal, quotedName } from '../../shared/sql/text.ts';

/**
 * What a plan means, as one SELECT for DuckDB, where views are called like Arrow files and datasets. `columnsOf` tells
 * the columns of a SELECT.
 */
export const referenceSql = (node: PlanNode, columnsOf: (sql: string) => readonly string[]): string =>
  visit(node, texts, columnsOf);

type Columns = (sql: string) => readonly string[];

const readers = { parquet: 'read_parquet', csv: 'read_csv', ndjson: 'read_ndjson' } as const;

const list = (columns: readonly NamedExpression[]): string =>
  columns.map(({ name, sql }) => `(${sql}) AS ${quotedName(name)}`).join(', ');

const over = (node: { readonly input: PlanNode }, columns: Columns): string => `(${referenceSql(node.input, columns)})`;

const texts: PlanVisitor<string, Columns> = {
  scan: ({ format, paths }) =>
    format === 'arrow'
      ? `FROM ${quotedName(paths[0] ?? '')}`
      : `SELECT * FROM ${readers[format]}([${paths.map(literal).join(', ')}])`,
  sql: ({ text }) => text,
  filter: (node, columns) => `SELECT * FROM ${over(node, columns)} WHERE (${node.predicate})`,
  project: (node, columns) => `SELECT ${list(node.columns)} FROM ${over(node, columns)}`,
  extend: (node, columns) => `SELECT *, ${list(node.columns)} FROM ${over(node, columns)}`,
  aggregate: (node, columns) => {
    const by = node.keys.map((_, i) => i + 1).join(', ');
    const items = [...node.keys.map(({ name, sql }) => `(${sql}) AS ${quotedName(name)}`), list(node.aggregates)];
    return `SELECT ${items.join(', ')} FROM ${over(node, columns)}${by === '' ? '' : ` GROUP BY ${by}`}`;
  },
  window: (node, columns) => `SELECT *, ${list(node.columns)} FROM ${over(node, columns)}`,
  distinct: (node, columns) => `SELECT DISTINCT * FROM ${over(node, columns)}`,
  sort: (node, columns) => `SELECT * FROM ${over(node, columns)} ORDER BY ${node.keys.join(', ')}`,
  limit: (node, columns) =>
    `SELECT * FROM ${over(node, columns)}${node.limit === null ? '' : ` LIMIT ${node.limit}`} OFFSET ${node.offset}`,
  join: ({ left, right, on, type }, columns) => {
    const [l, r] = [referenceSql(left, columns), referenceSql(right, columns)];
    const join = `${type.toUpperCase()} JOIN`;
    if (on.kind === 'condition') return `SELECT * FROM (${l}) AS l ${join} (${r}) AS r ON (${on.sql})`;
    const using = on.columns.map(quotedName).join(', ');
    const rest = (sql: string, side: string): string[] =>
      columns(sql)
        .filter((name) => !on.columns.includes(name))
        .map((name) => `${side}.${quotedName(name)}`);
    const isHalf = type === 'semi' || type === 'anti';
    const items = [...on.columns.map(quotedName), ...rest(l, 'l'), ...(isHalf ? [] : rest(r, 'r'))];
    return `SELECT ${items.join(', ')} FROM (${l}) AS l ${join} (${r}) AS r USING (${using})`;
  },
  union: ({ inputs }, columns) => inputs.map((input) => `(${referenceSql(input, columns)})`).join(' UNION ALL '),
  repartition: ({ input }, columns) => referenceSql(input, columns),
  dataset: ({ id }) => `FROM ${quotedName(id)}`,
  call: () => refuse('call'),
  write: () => refuse('write'),
  extract: () => refuse('extract'),
  step: ({ input }, columns) => referenceSql(input, columns),
  judge: () => refuse('judge'),
  load: () => refuse('load'),
};

function refuse(kind: string): never {
  throw new Error(`the fuzzer makes no ${kind}`);
}
