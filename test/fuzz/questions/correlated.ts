import type { Column } from './column.ts';
import { list, type Query, type QueryParts, type Relation } from './query-parts.ts';

/** How a subquery speaks of the rows around it: not at all, by equality, by order, by both, or in part. */
function correlation(parts: QueryParts, relation: Relation, other: Relation): string {
  const [outer, inner] = [parts.scalars(relation), parts.scalars(other)];
  const [a, b] = [parts.keyOf(relation), parts.keyOf(other)];
  const ways: Readonly<Record<string, string>> = {
    none: inner.boolean(1),
    equal: `${b} = ${a}`,
    'equal and more': `${b} = ${a} AND ${inner.boolean(1)}`,
    'equal and ordered': `${b} = ${a} AND ${inner.number(0)} <= ${outer.number(0)}`,
    ordered: `${b} < ${a}`,
    same: `${b} IS NOT DISTINCT FROM ${a}`,
    'equal or else': `(${b} = ${a} OR ${inner.boolean(0)})`,
    computed: `${inner.number(1)} = ${outer.number(1)}`,
  };
  return ways[parts.coverage.count('correlations', parts.random.pick(Object.keys(ways)))] ?? 'true';
}

/** A subquery as a value. */
function value(parts: QueryParts, relation: Relation, other: Relation): string {
  const [outer, inner] = [parts.scalars(relation), parts.scalars(other)];
  const from = `FROM ${other.from} WHERE ${correlation(parts, relation, other)}`;
  const unique = other.columns.find((column) => column.unique)?.sql;
  const [x, y] = [outer.number(0), inner.number(0)];
  const operator = parts.random.pick(['=', '<>', '<', '<=', '>', '>=']);
  const forms: Readonly<Record<string, string>> = {
    EXISTS: `EXISTS (SELECT 1 ${from})`,
    'NOT EXISTS': `NOT EXISTS (SELECT * ${from})`,
    IN: `${x} IN (SELECT ${y} ${from})`,
    'NOT IN': `${x} NOT IN (SELECT ${y} ${from})`,
    ANY: `${x} ${operator} ANY (SELECT ${y} ${from})`,
    ALL: `${x} ${operator} ALL (SELECT ${y} ${from})`,
    'of groups': `${x} IN (SELECT count(*) ${from} GROUP BY ${inner.key().sql})`,
    count: `(SELECT count(*) + count(${y}) ${from})`,
    'least and most': `(SELECT max(${y}) - coalesce(min(${y}), 0) ${from})`,
    'distinct count': `(SELECT count(DISTINCT ${y}) FILTER (WHERE ${inner.boolean(0)}) ${from})`,
    'aggregate of both': `(SELECT max(${y} - ${x}) ${from})`,
    'a struct': `(SELECT {'m': max(${y}), 'n': count(*)} ${from})`,
    'a list': `array(SELECT ${y} ${from} ORDER BY ${y}${parts.direction()})`,
    having: `(SELECT count(*) ${from} HAVING count(*) > 2)`,
    'two levels': `(SELECT count(*) ${from} AND EXISTS (SELECT 1 FROM ${second(parts, relation, other)}))`,
    'a query inside': `(SELECT sum(n) FROM (SELECT count(*) AS n ${from} GROUP BY ${parts.keyOf(other)}))`,
    ...(unique === undefined
      ? {}
      : { first: `(SELECT ${y} ${from} ORDER BY ${y}${parts.direction()}, ${unique} LIMIT 1)` }),
    'perhaps several': `(SELECT ${y} ${from})`,
  };
  return forms[parts.coverage.count('subqueries', parts.random.pick(Object.keys(forms)))] ?? 'NULL';
}

/** A table in a subquery of a subquery, with a condition on both queries around it. */
function second(parts: QueryParts, relation: Relation, other: Relation): string {
  const third = parts.table();
  const key = parts.keyOf(third);
  const outer = parts.random.pick([relation, other]);
  return `${third.from} WHERE ${key} = ${parts.keyOf(other)} AND ${key} >= ${parts.keyOf(outer)}`;
}

/** Subqueries in the list, under OR, in CASE, and beside groups. */
export function subqueryValues(parts: QueryParts, relation: Relation): Query | undefined {
  const other = parts.table();
  const outer = parts.scalars(relation);
  const sql = value(parts, relation, other);
  const place = parts.coverage.count('shapes', parts.random.pick(places));
  const kept = relation.columns.filter(({ inexact }) => !inexact).slice(0, 3);
  const columns = kept.map((column) => parts.keep(column));
  const texts = kept.map((column) => column.sql);
  const added = parts.column({ sql: '', kind: 'other', wild: true, inexact: false });
  const rows = (more: readonly string[], names: readonly Column[], tail: string): Query => ({
    sql: `SELECT ${list([...texts, ...more], [...columns, ...names])} FROM ${relation.from}${tail}`,
    columns: [...columns, ...names],
  });
  if (place === 'a subquery in the list') return rows([sql], [added], parts.where(outer));
  if (place === 'a subquery in CASE')
    return rows([`CASE WHEN ${outer.boolean(0)} THEN (${sql})::VARCHAR ELSE 'none' END`], [added], '');
  if (place === 'a subquery under OR') return rows([], [], ` WHERE (${sql}) IS NOT NULL OR ${outer.boolean(0)}`);
  if (place === 'a subquery grouped by') {
    const columns = [added, parts.column({ sql: '', kind: 'other', wild: true, inexact: false })];
    return { sql: `SELECT ${list([sql, 'count(*)'], columns)} FROM ${relation.from} GROUP BY ${sql}`, columns };
  }
  const all = [added, parts.column({ sql: '', kind: 'other', wild: true, inexact: false })];
  return { sql: `SELECT ${list([`count(*)`, `count((${sql}))`], all)} FROM ${relation.from}`, columns: all };
}

const places = [
  'a subquery in the list',
  'a subquery in CASE',
  'a subquery under OR',
  'a subquery in an aggregate',
  'a subquery grouped by',
];

/** Subqueries in the conditions of joins: DuckDB has them on one side where rows without a match are kept. */
export function subqueryInOn(parts: QueryParts, relation: Relation): Query | undefined {
  const other = parts.table();
  const kind = parts.random.pick(['JOIN', 'JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'SEMI JOIN', 'ANTI JOIN']);
  parts.coverage.count('shapes', `a subquery in the condition of a ${kind}`);
  const side = kind === 'JOIN' ? parts.random.pick([relation, other]) : kind === 'RIGHT JOIN' ? relation : other;
  const text = `(${value(parts, side, parts.table())})::VARCHAR`;
  const condition = parts.random.pick([`${text} IS NOT NULL`, `${text} NOT IN ('false', '0', '1')`]);
  const isHalf = kind === 'SEMI JOIN' || kind === 'ANTI JOIN';
  const shown = [...relation.columns.slice(0, 3), ...(isHalf ? [] : other.columns.slice(0, 2))];
  const kept = shown.filter(({ inexact }) => !inexact);
  const columns = kept.map((column) => ({ ...parts.keep(column), unique: false }));
  const on = `${parts.keyOf(relation)} = ${parts.keyOf(other)} AND ${condition}`;
  const texts = kept.map(({ sql }) => sql);
  return { sql: `SELECT ${list(texts, columns)} FROM ${relation.from} ${kind} ${other.from} ON (${on})`, columns };
}

/** Lateral joins with tables: rows, the first rows, groups. */
export function lateralJoin(parts: QueryParts, relation: Relation): Query | undefined {
  const other = parts.table();
  const unique = other.columns.find((column) => column.unique);
  const from = `FROM ${other.from} WHERE ${correlation(parts, relation, other)}`;
  const inner = parts.scalars(other);
  const y = inner.number(0);
  const forms: Readonly<Record<string, string>> = {
    'lateral rows': `SELECT ${y} AS v, ${inner.key().sql} AS w ${from}`,
    'lateral groups': `SELECT ${y} AS v, count(*) AS w ${from} GROUP BY 1`,
    'lateral aggregate': `SELECT max(${y}) AS v, count(*) AS w ${from}`,
    'lateral distinct': `SELECT DISTINCT ${y} AS v, 1 AS w ${from}`,
    ...(unique === undefined
      ? {}
      : { 'lateral first rows': `SELECT ${y} AS v, ${unique.sql} AS w ${from} ORDER BY ${y}, ${unique.sql} LIMIT 2` }),
  };
  const form = parts.coverage.count('shapes', parts.random.pick(Object.keys(forms)));
  const alias = parts.name('l');
  const kept = relation.columns.filter(({ inexact }) => !inexact).slice(0, 3);
  const columns = [
    ...kept.map((column) => ({ ...parts.keep(column), unique: false })),
    ...['v', 'w'].map(() => parts.column({ sql: '', kind: 'other', wild: true, inexact: false })),
  ];
  const texts = [...kept.map(({ sql }) => sql), `${alias}.v`, `${alias}.w`];
  const join = parts.random.pick([
    `, LATERAL (${forms[form]}) AS ${alias}`,
    ` LEFT JOIN LATERAL (${forms[form]}) AS ${alias} ON (true)`,
    ` LEFT JOIN LATERAL (${forms[form]}) AS ${alias} ON (${alias}.v IS NOT NULL)`,
  ]);
  const where = parts.where(parts.scalars(relation));
  return { sql: `SELECT ${list(texts, columns)} FROM ${relation.from}${join}${where}`, columns };
}
