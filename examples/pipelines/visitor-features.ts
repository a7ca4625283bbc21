import type { Dataset, SchemaSpec } from 'sheaf';

/**
 * What models see of a visitor. Shares lie between 0 and 1, and so does, about, the logarithm of a count: no feature
 * outweighs the others in a distance.
 */
export const features = ['activity', 'variety', 'assets', 'errors', 'night', 'direct'] as const;

export type Features = Readonly<Record<(typeof features)[number], number | null>>;

export const visitorColumns = {
  host: 'varchar',
  requests: 'bigint',
  bytes: 'bigint',
  last_seen: 'timestamp',
  activity: 'double',
  variety: 'double',
  assets: 'double',
  errors: 'double',
  night: 'double',
  direct: 'double',
} as const;

/**
 * The visitors in an access log: the same in the program that trains and in the pipelines that apply what it learned.
 */
export function visitorsOf<S extends SchemaSpec>(log: Dataset<S>): Dataset<typeof visitorColumns> {
  const visitors = (log as unknown as Dataset).groupBy('host').agg({
    requests: 'count(*)',
    bytes: 'coalesce(sum(bytes), 0)::bigint',
    last_seen: 'max(time)',
    activity: 'log10(count(*)) / 3',
    variety: 'count(distinct path) / count(*)',
    assets: String.raw`avg(regexp_matches(path, '\.(css|js|png|jpe?g|gif|ico)(\?|$)', 'i')::int)`,
    errors: 'avg((status >= 400)::int)',
    night: 'avg((hour(time) < 6)::int)',
    direct: 'avg((referer is null)::int)',
  });
  return visitors as unknown as Dataset<typeof visitorColumns>; // What SQL text yields, only DuckDB can say.
}
