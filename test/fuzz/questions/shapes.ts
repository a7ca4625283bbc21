import { list, type Query, type QueryParts, type Relation } from './query-parts.ts';

export function windowed(parts: QueryParts, relation: Relation): Query | undefined {
  parts.coverage.count('shapes', 'window');
  const scalars = parts.scalars(relation);
  const unique = relation.columns.find(({ unique }) => unique);
  const key = scalars.key().sql;
  const partition = parts.random.chance(0.75) ? `PARTITION BY ${scalars.key().sql}` : '';
  const total = unique === undefined ? `ORDER BY ${key}` : `ORDER BY ${key}${parts.direction()}, ${unique.sql}`;
  // Without a unique order only what ties share may be asked for.
  const ranked = ['rank()', 'dense_rank()', 'percent_rank()', 'cume_dist()', `count(*)`, `max(${key})`];
  const placed = [
    'row_number()',
    `lag(${key})`,
    `lead(${key}, 2)`,
    `first_value(${key})`,
    'ntile(3)',
    `nth_value(${key}, 2)`,
  ];
  const items = parts.times(1, 3, () => {
    if (unique !== undefined && parts.random.chance(0.4)) return framed(parts, relation, partition);
    const call = parts.random.pick(unique === undefined ? ranked : [...ranked, ...placed]);
    parts.coverage.count('windows', call.replace(/\(.*/s, ''));
    return { sql: `${call} OVER (${partition} ${total})`, kind: 'other' as const, wild: true, inexact: false };
  });
  const columns = [...(unique === undefined ? [] : [parts.keep(unique)]), ...items.map((item) => parts.column(item))];
  const texts = [...(unique === undefined ? [] : [unique.sql]), ...items.map(({ sql }) => sql)];
  const qualify =
    unique !== undefined && parts.random.chance(0.3)
      ? ` QUALIFY row_number() OVER (${partition} ${total}) <= ${parts.random.between(1, 4)}`
      : '';
  if (qualify !== '') parts.coverage.count('clauses', 'QUALIFY');
  return { sql: `SELECT ${list(texts, columns)} FROM ${relation.from}${parts.where(scalars)}${qualify}`, columns };
}

/** Of a frame: by a unique order, or by values that tie, where the frame does not cut between ties. */
function framed(parts: QueryParts, relation: Relation, partition: string) {
  const { random, coverage } = parts;
  const scalars = parts.scalars(relation);
  const unique = relation.columns.find((column) => column.unique)?.sql ?? '1';
  const key = scalars.key().sql;
  const calls = [
    'count(*)',
    `count(${key})`,
    `max(${key})`,
    `count(DISTINCT ${key})`,
    `min(${key}) FILTER (WHERE ${scalars.boolean(0)})`,
  ];
  const places = [`first_value(${key})`, `last_value(${key} IGNORE NULLS)`, `nth_value(${key}, 2)`];
  const isOfRows = random.chance(0.6);
  const call = random.pick(isOfRows ? [...calls, ...places] : calls);
  const bounds = random.pick([
    'BETWEEN 2 PRECEDING AND 1 FOLLOWING',
    'BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW',
    'BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING',
    'BETWEEN 1 FOLLOWING AND 3 FOLLOWING',
    'UNBOUNDED PRECEDING',
  ]);
  const exclude = random.pick(['', '', '', ' EXCLUDE CURRENT ROW', ' EXCLUDE GROUP', ' EXCLUDE TIES']);
  const order = isOfRows ? `${unique}${parts.direction()} ROWS` : `${key}${parts.direction()} GROUPS`;
  coverage.count('windows', isOfRows ? 'frame of rows' : 'frame of groups');
  const sql = `${call} OVER (${partition} ORDER BY ${order} ${bounds}${isOfRows ? exclude : ''})`;
  return { sql, kind: 'other' as const, wild: true, inexact: false };
}

export function filteredBySubquery(parts: QueryParts, relation: Relation): Query | undefined {
  const other = parts.table();
  const [outer, inner] = [parts.scalars(relation), parts.scalars(other)];
  const [a, b] = [parts.keyOf(relation), parts.keyOf(other)];
  const form = parts.coverage.count(
    'shapes',
    parts.random.pick(['IN', 'NOT IN', 'EXISTS', 'NOT EXISTS', 'scalar subquery', 'correlated scalar', 'ANY']),
  );
  const where = ` WHERE ${inner.boolean(1)}`;
  const condition = {
    IN: `${a} IN (SELECT ${b} FROM ${other.from}${where})`,
    'NOT IN': `${a} NOT IN (SELECT ${b} FROM ${other.from}${where})`,
    EXISTS: `EXISTS (SELECT 1 FROM ${other.from}${where} AND ${b} = ${a})`,
    'NOT EXISTS': `NOT EXISTS (SELECT 1 FROM ${other.from}${where} AND ${b} = ${a})`,
    'scalar subquery': `${outer.number(1)} > (SELECT min(${inner.number(1)}) FROM ${other.from}${where})`,
    'correlated scalar': `(SELECT count(*) FROM ${other.from}${where} AND ${b} = ${a}) > 1`,
    ANY: `${a} = ANY (SELECT ${b} FROM ${other.from}${where})`,
  }[form];
  const columns = relation.columns.map((column) => parts.keep(column));
  const texts = relation.columns.map(({ sql }) => sql);
  const and = parts.random.chance(0.3) ? ` AND ${outer.boolean(1)}` : '';
  return { sql: `SELECT ${list(texts, columns)} FROM ${relation.from} WHERE ${condition}${and}`, columns };
}

export function unnested(parts: QueryParts, relation: Relation): Query | undefined {
  parts.coverage.count('shapes', 'unnest');
  const scalars = parts.scalars(relation);
  const lists = relation.columns.filter(({ kind }) => kind === 'list').map(({ sql }) => sql);
  const value = parts.random.pick([...lists, `[${scalars.number(0)}, NULL]`]);
  const columns = [parts.column({ sql: '', kind: 'other', wild: true, inexact: false })];
  return {
    sql: `SELECT ${list([`unnest(${value})`], columns)} FROM ${relation.from}${parts.where(scalars)}`,
    columns,
  };
}

export function distinctOn(parts: QueryParts, relation: Relation): Query | undefined {
  const unique = relation.columns.find(({ unique }) => unique);
  if (unique === undefined) return undefined;
  parts.coverage.count('shapes', 'DISTINCT ON');
  const key = parts.scalars(relation).key();
  const columns = [parts.column({ ...key, inexact: false }), parts.keep(unique)];
  const sql = `SELECT DISTINCT ON (${key.sql}) ${list([key.sql, unique.sql], columns)} FROM ${relation.from} ORDER BY ${key.sql}, ${unique.sql}`;
  return { sql: `SELECT * FROM (${sql})`, columns };
}
