/** Calls of every aggregate function, by the function's name, over columns of all types. */
const one = (name: string, ...args: readonly string[]): string[] => args.map((arg) => `${name}(${arg})`);

const moments = (name: string): string[] => [
  ...one(name, 'x', 'n', 'd', 'far', 'same', 'odd', 'DISTINCT n', 'DISTINCT same'),
  `${name}(x) FILTER (WHERE y > 3)`,
  `${name}(DISTINCT x) FILTER (WHERE y > 3)`,
];
const pairs = (name: string): string[] => [
  ...one(name, 'y, x', 'far, far * 2 - x', 'n, d', 'same, x', 'y, same', 'odd, x', 'x, odd'),
  `${name}(y, x) FILTER (WHERE k > 3)`,
];
const best = (name: string): string[] => one(name, 's, i', 'n, i', 'y, s || i', 'r, i', 'l, i', 's, i, 3');
const summed = (name: string): string[] => [
  ...one(name, 'x', 'n', 'DISTINCT n', 'DISTINCT x'),
  `${name}(x) FILTER (WHERE n > 3)`,
];
const chosen = (name: string): string[] => [
  `${name}(s ORDER BY i)`,
  `${name}(y ORDER BY i DESC)`,
  `${name}(n ORDER BY s DESC NULLS FIRST, i)`,
  `${name}(x ORDER BY i) FILTER (WHERE n > 3)`,
];
const texts = (name: string): string[] => [
  `${name}(s, ',' ORDER BY i)`,
  `${name}(DISTINCT s, ',' ORDER BY s)`,
  `${name}(g, '' ORDER BY i) FILTER (WHERE k > 1)`,
];
const lists = (name: string): string[] => [
  `${name}(x ORDER BY i)`,
  `${name}(DISTINCT s ORDER BY s)`,
  `${name}(r ORDER BY i DESC) FILTER (WHERE k = 2)`,
];
const logical = (name: string): string[] => [
  `${name}(b)`,
  `${name}(n > 3)`,
  `${name}(DISTINCT b) FILTER (WHERE x > 3)`,
];
const bits = (name: string): string[] =>
  one(name, 'n', 'u', 'h::HUGEINT', 'DISTINCT n', 'CAST(CAST(u AS INTEGER) AS BIT)');

export const aggregateCases: Readonly<Record<string, readonly string[]>> = {
  any_value: [...chosen('any_value'), 'any_value(same)'],
  approx_count_distinct: one('approx_count_distinct', 'n', 's', 'x', 'd', 'day', 'DISTINCT s'),
  arbitrary: [...chosen('arbitrary'), 'arbitrary(same)'],
  arg_max: best('arg_max'),
  arg_max_null: best('arg_max_null').slice(0, 5),
  arg_max_nulls_last: best('arg_max_nulls_last'),
  arg_min: best('arg_min'),
  arg_min_null: best('arg_min_null').slice(0, 5),
  arg_min_nulls_last: best('arg_min_nulls_last'),
  argmax: best('argmax'),
  argmin: best('argmin'),
  array_agg: lists('array_agg'),
  avg: [
    ...summed('avg'),
    ...one('avg', 'd', 'h', 'h::HUGEINT', 'u', 'f', 'b', 't', 'v', 'day', 'DISTINCT d', 'DISTINCT day'),
  ],
  bit_and: bits('bit_and'),
  bit_or: bits('bit_or'),
  bit_xor: bits('bit_xor'),
  bitstring_agg: ['bitstring_agg(n, -20, 100)', 'bitstring_agg(u, 0, 255)'],
  bool_and: logical('bool_and'),
  bool_or: logical('bool_or'),
  corr: pairs('corr'),
  count: [
    ...one(
      'count',
      '*',
      'x',
      's',
      'l',
      'DISTINCT s',
      'DISTINCT odd',
      'DISTINCT (g, k)',
      'DISTINCT r',
      'DISTINCT l',
      'DISTINCT k',
      'DISTINCT v',
    ),
    'count(DISTINCT s) FILTER (WHERE x > 3)',
    'count(*) FILTER (WHERE b)',
  ],
  count_if: logical('count_if').slice(0, 2),
  count_star: ['count(*)', 'count()'],
  countif: logical('countif').slice(0, 2),
  covar_pop: pairs('covar_pop'),
  covar_samp: pairs('covar_samp'),
  entropy: one('entropy', 's', 'n', 'x'),
  favg: summed('favg'),
  first: chosen('first'),
  fsum: summed('fsum'),
  group_concat: texts('group_concat'),
  histogram: [...one('histogram', 's', 'n', 'd'), 'histogram(n, [0, 10, 50])'],
  histogram_exact: ['histogram_exact(n, [0, 10, 50])'],
  kahan_sum: summed('kahan_sum'),
  kurtosis: one('kurtosis', 'n', 'd', 'x'),
  kurtosis_pop: one('kurtosis_pop', 'n', 'd', 'x'),
  last: chosen('last'),
  list: lists('list'),
  listagg: texts('listagg'),
  mad: one('mad', 'n', 'x', 'd', 'day', 't'),
  max: one('max', 'x', 'n', 's', 'odd', 'day', 'l', 'r', 'd', 'DISTINCT s', 'n, 3', 's, 2', 'x, 4', 'odd, 2', 'r, 2'),
  max_by: best('max_by'),
  mean: summed('mean'),
  median: one('median', 'x', 'n', 'd', 'day', 't', 'DISTINCT n', 's'),
  min: one('min', 'x', 'n', 's', 'odd', 'day', 'l', 'r', 'd', 'DISTINCT s', 'n, 3', 's, 2', 'x, 4', 'odd, 2', 'r, 2'),
  min_by: best('min_by'),
  mode: ['mode(CASE WHEN i % 3 = 0 THEN i % 2 ELSE 7 END)'],
  product: [...one('product', '1 + x / 1000', 'same * 10'), 'product(DISTINCT k + 1)'],
  quantile: ['quantile(n, 0.3)', 'quantile(s, [0.1, 0.9])'],
  quantile_cont: [
    'quantile_cont(x, 0.3)',
    'quantile_cont(d, [0.25, 0.5])',
    'percentile_cont(0.9) WITHIN GROUP (ORDER BY n DESC)',
    'quantile_cont(t, 0.5)',
  ],
  quantile_disc: ['quantile_disc(s, 0.3)', 'quantile_disc(x, 0.5)', 'percentile_disc(0.1) WITHIN GROUP (ORDER BY n)'],
  regr_avgx: pairs('regr_avgx'),
  regr_avgy: pairs('regr_avgy'),
  regr_count: pairs('regr_count'),
  regr_intercept: pairs('regr_intercept'),
  regr_r2: pairs('regr_r2'),
  regr_slope: pairs('regr_slope'),
  regr_sxx: pairs('regr_sxx'),
  regr_sxy: pairs('regr_sxy'),
  regr_syy: pairs('regr_syy'),
  sem: moments('sem'),
  skewness: one('skewness', 'n', 'd', 'x'),
  stddev: moments('stddev'),
  stddev_pop: moments('stddev_pop'),
  stddev_samp: moments('stddev_samp'),
  string_agg: texts('string_agg'),
  sum: [...summed('sum'), ...one('sum', 'd', 'h', 'h::HUGEINT', 'u', 'f', 'b', 'DISTINCT d', 'DISTINCT k', 'v')],
  sumkahan: summed('sumkahan'),
  var_pop: moments('var_pop'),
  var_samp: moments('var_samp'),
  variance: moments('variance'),
};

const window = 'only with OVER';

/** Functions that are listed as aggregates and are not asked here. */
export const notAsked: Readonly<Record<string, string>> = {
  approx_quantile: 'its answer depends on the order of rows',
  approx_top_k: 'its answer depends on the order of rows',
  reservoir_quantile: 'it takes a sample by chance',
  sum_no_overflow: "DuckDB's optimizer puts it in place of sum",
  cume_dist: window,
  dense_rank: window,
  fill: window,
  first_value: window,
  lag: window,
  last_value: window,
  lead: window,
  nth_value: window,
  ntile: window,
  percent_rank: window,
  rank: window,
  rank_dense: window,
  row_number: window,
};
