import type { Question } from '../query-parts.ts';
import { type Forms, type Ground, oneOf, unordered } from './ground.ts';

/** Aggregates with orders, filters, DISTINCT and lists of arguments, side by side, with and without groups. */
export function moreAggregates(ground: Ground): Question {
  const { parts, from, few, text, condition } = ground;
  const { random } = parts;
  const calls = parts.times(1, 4, () => `${callOf(ground)} AS ${parts.name('a')}`).join(', ');
  const where = random.chance(0.3) ? ` WHERE ${condition}` : '';
  const key = random.pick([few, text]);
  return unordered(
    oneOf(parts, 'aggregate questions', {
      'by a key': () => `SELECT ${key} AS k, ${calls} FROM ${from}${where} GROUP BY 1`,
      'by all': () => `SELECT ${few} AS k, ${text} AS t, ${calls} FROM ${from}${where} GROUP BY ALL`,
      'of all rows': () => `SELECT ${calls} FROM ${from}${where}`,
      'of no rows': () => `SELECT ${calls} FROM ${from} WHERE ${ground.id} < 0`,
      'by sets': () =>
        `SELECT ${few} AS k, ${text} AS t, ${calls} FROM ${from}${where} GROUP BY ${random.pick([`ROLLUP (${few}, ${text})`, `GROUPING SETS ((${few}), (${text}), ())`])}`,
      'of distinct rows': () =>
        `SELECT z.key, count(*) AS n, ${calls} FROM (SELECT DISTINCT ${few} AS key FROM ${from}) z, ${from}${where}${where === '' ? ' WHERE' : ' AND'} ${few} = z.key GROUP BY z.key`,
      'in HAVING': () =>
        `SELECT ${key} AS k FROM ${from}${where} GROUP BY 1 HAVING (${callOf(ground)}) IS NOT NULL AND count(*) FILTER (WHERE ${condition}) > 1`,
      'over groups': () =>
        `SELECT k % 2 AS h, ${['sum(n)', 'max(l)', 'list(n ORDER BY n, k)', 'histogram(n)', 'count(DISTINCT n)']
          .filter(() => random.chance(0.6))
          .concat('count(*)')
          .join(
            ', ',
          )} FROM (SELECT ${few} AS k, count(*) AS n, string_agg(${text}, ',' ORDER BY ${ground.id}) AS l FROM ${from}${where} GROUP BY 1) GROUP BY h`,
    }),
  );
}

function callOf(ground: Ground): string {
  const { parts, condition } = ground;
  if (parts.random.chance(0.35)) return oneOf(parts, 'aggregate calls', together(ground));
  const filter = parts.random.chance(0.25) ? ` FILTER (WHERE ${condition})` : '';
  return `${oneOf(parts, 'aggregate calls', { ...ordered(ground), ...placed(ground), ...merged(ground) })}${filter}`;
}

/** By an order that no two rows share. */
function ordered({ parts, id, few, text, any, number }: Ground): Forms {
  const direction = parts.direction();
  return {
    'list in order': () => `list(${any} ORDER BY ${few}${direction}, ${id})`,
    'texts in order': () => `string_agg(${text}, '|' ORDER BY ${id}${direction})`,
    'distinct in order': () => `string_agg(DISTINCT ${text}, '' ORDER BY ${text}${direction})`,
    'structs in order': () => `list({'i': ${id}, 'v': ${any}} ORDER BY ${id} DESC)`,
    'any in order': () => `any_value(${few} ORDER BY ${id}${direction})`,
    'first in order': () => `first(${any} ORDER BY ${id}${direction})`,
    'mode in order': () => `mode(${few} ORDER BY ${id})`,
    'least by': () => `arg_min(${any}, (${few}, ${id}), 3)`,
    'most by': () => `arg_max(${id}, {'f': ${few}, 'i': ${id}}, 2)`,
    'least by a null': () => `min_by(${few}, ${id})`,
    'most by a null': () => `arg_max_nulls_last(${few}, ${id}, 3)`,
    'n most': () => `max(${number}, ${parts.random.between(1, 4)})`,
    'sorted list': () => `list_sort(list(${any}))`,
    'a map of it': () => `map_from_entries(list((${id}, ${few}) ORDER BY ${id}))`,
    'bits in order': () => `list(${few} IS NULL ORDER BY ${id})`,
  };
}

/** By the place of values in their order. */
const placed = ({ id, few, number, text }: Ground): Forms => ({
  quantiles: () => `quantile_cont(${number}, [0.25, 0.5, 0.99])`,
  'discrete quantiles': () => `quantile_disc(${text}, [0, 0.5, 1])`,
  'within a group': () => `percentile_disc(0.4) WITHIN GROUP (ORDER BY ${few} DESC)`,
  'several within a group': () => `percentile_cont([0.1, 0.9]) WITHIN GROUP (ORDER BY ${number})`,
  'mode within a group': () => `mode(${id} % 1)`,
  'a histogram': () => `histogram(${few})`,
  'a histogram of bins': () => `histogram(${few}, [0, 2, 4])`,
  'a median of distinct values': () => `median(DISTINCT ${few})`,
  'a median of times': () => `median(DATE '2020-01-01' + (${few})::INTEGER)`,
  'deviation from the median': () => `mad(${few})`,
  entropy: () => `entropy(${text})`,
});

/** From parts, or over pairs. */
const merged = ({ id, few, number, text }: Ground): Forms => ({
  'bits of texts': () => `bitstring_agg((${few})::INTEGER, -20, 40)`,
  correlation: () => `corr(${few}, ${id} % 7)`,
  'distinct sum': () => `sum(DISTINCT ${few})`,
  'distinct pairs': () => `count(DISTINCT (${few}, ${text}))`,
  'average of times': () => `avg(TIME '00:00:00' + INTERVAL 1 MINUTE * ${few})`,
  'average of dates': () => `avg(TIMESTAMP '2020-01-01' + to_hours((${id})::BIGINT))`,
  'sum of decimals': () => `sum((${number})::DECIMAL(18,4))`,
  'sum of huge numbers': () => `sum((${few})::HUGEINT * 1000000000000000000)`,
  'product of signs': () => `product(CASE WHEN ${few} IS NULL THEN -1 ELSE 1 END)`,
  'geometric mean': () => `geomean(1 + abs(${few}))`,
  'weighted average': () => `weighted_avg(${few}, ${id} % 4 + 1)`,
});

/** Several calls in one expression. */
const together = ({ id, few, condition, any }: Ground): Forms => ({
  'bits of numbers': () => `bit_xor(${few}) + bit_or(${few}) - bit_and(${few})`,
  'truth of all': () => `bool_and(${condition}) OR bool_or(NOT ${condition})`,
  'both moments': () => `[skewness(${few}), kurtosis(${few}), kurtosis_pop(${few})]`,
  'line through points': () => `[regr_slope(${few}, ${id}), regr_intercept(${few}, ${id}), regr_r2(${id}, ${few})]`,
  'distinct average': () => `avg(DISTINCT ${few}) + sum(${few})`,
  'ranges of dates': () => `max(DATE '2020-01-01' + (${few})::INTEGER) - min(DATE '2020-01-01' + (${few})::INTEGER)`,
  'counted pairs': () => `count(*) FILTER (${few} > 1) * 2 + count(${any})`,
  'a share': () => `sum(CASE WHEN ${condition} THEN 1 ELSE 0 END) / count(*)`,
  'first without order of one value': () => `any_value(1) + first(2) + count_star()`,
});
