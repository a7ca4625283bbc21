import type { Column } from './column.ts';
import { list, type Query, type QueryParts, type Relation } from './query-parts.ts';

/**
 * ROLLUP, CUBE and GROUPING SETS of columns and expressions, with GROUPING, HAVING, and ranks over them. Keys are often
 * null, so that rows of two sets are equal in all keys; and often all aggregates have parts, so that those rows meet.
 */
export function groupingSets(parts: QueryParts, relation: Relation): Query | undefined {
  const { random, coverage } = parts;
  if (random.chance(0.4)) return nullTotals(parts, relation);
  const scalars = parts.scalars(relation);
  const aggregates = parts.aggregates(relation, scalars, random.chance(0.75));
  const keys = keysOf(parts, relation);
  if (keys.length === 0) return undefined;
  const made = parts.times(1, 3, () => aggregates.any());
  const calls = random.chance(0.5) ? groupingCalls(parts, keys) : [];
  const exact = (sql: string) => ({ sql, kind: 'number' as const, wild: false, inexact: false });
  const rank = `rank() OVER (ORDER BY ${keys.join(', ')}, grouping(${keys.join(', ')}))`;
  const ranks = random.chance(0.15) ? [rank] : [];
  if (ranks.length > 0) coverage.count('windows', 'rank over sets');
  const items: (Pick<Column, 'kind' | 'wild' | 'inexact'> & { sql: string })[] = [
    ...keys.map((sql) => ({ ...exact(sql), kind: 'other' as const, wild: true })),
    ...calls.map(exact),
    ...ranks.map(exact),
    ...made,
  ];
  const columns = items.map((item) => parts.column(item));
  const texts = items.map(({ sql }) => sql);
  const having = random.chance(0.25) ? ` HAVING count(*) > ${random.between(0, 3)} OR grouping(${keys[0]}) = 1` : '';
  if (having !== '') coverage.count('clauses', 'HAVING');
  const by = setsOf(parts, keys);
  return {
    sql: `SELECT ${list(texts, columns)} FROM ${relation.from}${parts.where(scalars)} GROUP BY ${by}${having}`,
    columns,
  };
}

/**
 * A group of null keys beside the total of all rows, counted in phases: only the number of their set tells them apart.
 */
function nullTotals(parts: QueryParts, relation: Relation): Query {
  const { random, coverage } = parts;
  const text = parts.scalars(relation).text(0);
  const keys = [`(nullif(${text}, 'east'))`, `(nullif(length(${text}) > 0, false))`];
  const by = coverage.count('shapes', random.pick(['ROLLUP', 'CUBE']));
  const exact = { sql: '', kind: 'other' as const, wild: true, inexact: false };
  const texts = [...keys, 'count(*)'];
  const columns = texts.map(() => parts.column(exact));
  return { sql: `SELECT ${list(texts, columns)} FROM ${relation.from} GROUP BY ${by} (${keys.join(', ')})`, columns };
}

function keysOf(parts: QueryParts, relation: Relation): string[] {
  const scalars = parts.scalars(relation);
  const columns = relation.columns.filter(({ inexact, unique }) => !inexact && !unique);
  if (columns.length === 0) return [];
  const make = (): string =>
    parts.random.pick<() => string>([
      () => parts.random.pick(columns).sql,
      () => parts.random.pick(columns).sql,
      () => `(CASE WHEN ${scalars.boolean(0)} THEN ${parts.random.pick(columns).sql} END)`,
      () => `(nullif(${scalars.text(0)}, ''))`,
      () => `(coalesce(${scalars.text(0)}, 'none'))`,
    ])();
  return [...new Set(parts.times(1, 3, make))];
}

/** Sets that differ: two equal ones are gathered. */
function setsOf({ random, coverage }: QueryParts, keys: readonly string[]): string {
  const [first = '', ...rest] = keys;
  const all = keys.join(', ');
  const forms: Readonly<Record<string, string>> = {
    ROLLUP: `ROLLUP (${all})`,
    CUBE: `CUBE (${all})`,
    'GROUPING SETS': `GROUPING SETS ((${all}), ${rest.length > 0 ? `(${first}), ` : ''}())`,
    'GROUPING SETS without ()': rest.length > 0 ? `GROUPING SETS ((${all}), (${first}), (${rest.join(', ')}))` : first,
    'a key and ROLLUP': rest.length > 0 ? `${first}, ROLLUP (${rest.join(', ')})` : `ROLLUP (${first})`,
    'equal sets': `GROUPING SETS ((${all}), (${all}))`,
  };
  const name = coverage.count('shapes', random.pick(Object.keys(forms)));
  return forms[name] ?? first;
}

function groupingCalls({ random, coverage }: QueryParts, keys: readonly string[]): string[] {
  const some = keys.filter(() => random.chance(0.6));
  const asked = (some.length === 0 ? keys : some).toReversed();
  return [`${coverage.count('aggregates', random.pick(['grouping', 'grouping_id']))}(${asked.join(', ')})`];
}
