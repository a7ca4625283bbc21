import { type CallText, type Merge, over, type PartOf } from './merge.ts';

/**
 * Variances and covariances of parts: each part's own sum of squares about its own mean, and what its mean is away from
 * the mean of all (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
 * variances", 1979). Nothing large is subtracted from something large, and parts with equal means add exactly nothing:
 * some results ask whether a variance is 0.
 */
interface Part {
  /** Names of the columns: number of rows, and means. */
  readonly count: string;
  readonly means: readonly [a: string, b: string];
  /** The part's own sum of products, divided by its number of rows. */
  readonly product: string;
}

interface OfVariance {
  /** DuckDB's words for a sum that is no number. */
  readonly refusal: string;
  /** It refuses one value that is no number; the others say 0 of any one value. */
  readonly asksOne?: boolean;
  /** Given n and the sum of squares. */
  readonly finish: (n: string, squares: string) => string;
}

const ofVariance: Readonly<Record<string, OfVariance>> = {
  var_pop: { refusal: 'VARPOP', finish: (n, s) => `CASE WHEN ${n} > 0 THEN ${s} / ${n} END` },
  var_samp: { refusal: 'VARSAMP', finish: (n, s) => `CASE WHEN ${n} > 1 THEN ${s} / (${n} - 1) END` },
  stddev_pop: { refusal: 'STDDEV_POP', finish: (n, s) => `CASE WHEN ${n} > 0 THEN sqrt(${s} / ${n}) END` },
  stddev_samp: { refusal: 'STDDEV_SAMP', finish: (n, s) => `CASE WHEN ${n} > 1 THEN sqrt(${s} / (${n} - 1)) END` },
  sem: {
    refusal: 'SEM',
    asksOne: true,
    finish: (n, s) => `CASE WHEN ${n} > 0 THEN sqrt(${s} / ${n}) / sqrt(${n}) END`,
  },
};

const sameAs: Readonly<Record<string, string>> = { variance: 'var_samp', stddev: 'stddev_samp' };

/**
 * How variances of parts become the variance of all, by means and sums of squares about them; nothing for other calls.
 */
export function varianceMerge(call: CallText, part: PartOf): Merge | undefined {
  const result = ofVariance[sameAs[call.name] ?? call.name];
  const [arg] = call.args;
  if (result === undefined || arg === undefined || call.args.length > 1) return undefined;
  const value = asDouble(arg);
  const count = part(over(call, 'count', arg));
  const mean = part(meanOf(call, value));
  const product = part(over(call, 'var_pop', value));
  const one = ` + CASE WHEN sum(${count}) = 1 THEN min(${mean}) - min(${mean}) ELSE 0 END`;
  const squares = `${productsOf({ count, means: [mean, mean], product })}${result.asksOne ? one : ''}`;
  return {
    wholes: [total(count), finite(squares, result.refusal)],
    finish: ([n = '', squares = '']) => result.finish(n, squares),
  };
}

/** What a result is made of: the number of pairs, sums of squares and products, sums of values, means. */
type Need = 'n' | 'xx' | 'yy' | 'xy' | 'x' | 'y';

interface OfPairs {
  readonly needs: readonly Need[];
  /** DuckDB's words for sums of squares of x and y that are no numbers. */
  readonly refusals?: { readonly xx?: string; readonly yy?: string };
  readonly finish: (of: Readonly<Record<Need, string>>) => string;
}

const slope = ({ xx, xy }: Readonly<Record<Need, string>>): string =>
  `CASE WHEN ${xx} = 0 THEN CAST('nan' AS DOUBLE) ELSE ${xy} / ${xx} END`;

const ofPairs: Readonly<Record<string, OfPairs>> = {
  covar_pop: { needs: ['n', 'xy'], finish: ({ n, xy }) => `CASE WHEN ${n} > 0 THEN ${xy} / ${n} END` },
  covar_samp: { needs: ['n', 'xy'], finish: ({ n, xy }) => `CASE WHEN ${n} > 1 THEN ${xy} / (${n} - 1) END` },
  corr: {
    needs: ['n', 'xx', 'yy', 'xy'],
    refusals: { xx: 'STDDEV_POP for X', yy: 'STDDEV_POP for Y' },
    finish: ({ n, xx, yy, xy }) => `CASE WHEN ${n} = 0 THEN NULL
      WHEN ${xx} = 0 OR ${yy} = 0 THEN CAST('nan' AS DOUBLE)
      ELSE (${xy} / ${n}) / (sqrt(${xx} / ${n}) * sqrt(${yy} / ${n})) END`,
  },
  regr_count: { needs: ['n'], finish: ({ n }) => `CAST(${n} AS UINTEGER)` },
  regr_avgx: { needs: ['n', 'x'], finish: ({ n, x }) => `CASE WHEN ${n} > 0 THEN ${x} / ${n} END` },
  regr_avgy: { needs: ['n', 'y'], finish: ({ n, y }) => `CASE WHEN ${n} > 0 THEN ${y} / ${n} END` },
  regr_sxx: {
    needs: ['n', 'xx'],
    refusals: { xx: 'VARPOP' },
    finish: ({ n, xx }) => `CASE WHEN ${n} > 0 THEN ${xx} END`,
  },
  regr_syy: {
    needs: ['n', 'yy'],
    refusals: { yy: 'VARPOP' },
    finish: ({ n, yy }) => `CASE WHEN ${n} > 0 THEN ${yy} END`,
  },
  regr_sxy: { needs: ['n', 'xy'], finish: ({ n, xy }) => `CASE WHEN ${n} > 0 THEN ${xy} END` },
  regr_slope: {
    needs: ['n', 'xx', 'xy'],
    refusals: { xx: 'VARPOP' },
    finish: (of) => `CASE WHEN ${of.n} > 0 THEN ${slope(of)} END`,
  },
  regr_intercept: {
    needs: ['n', 'xx', 'xy', 'x', 'y'],
    refusals: { xx: 'VARPOP' },
    finish: (of) => `CASE WHEN ${of.n} > 0 AND NOT isnan(${slope(of)})
      THEN ${of.y} / ${of.n} - (${slope(of)}) * (${of.x} / ${of.n}) END`,
  },
  regr_r2: {
    needs: ['n', 'xx', 'yy', 'xy'],
    refusals: { xx: 'VARPOP(X)', yy: 'VARPOP(Y)' },
    finish: ({ n, xx, yy, xy }) => `CASE WHEN ${n} = 0 OR ${xx} = 0 THEN NULL
      WHEN ${yy} = 0 THEN 1 ELSE (${xy} / sqrt(${xx})) / ${yy} * (${xy} / sqrt(${xx})) END`,
  },
};

/** Only rows count whose two values are both there. */
export function covarianceMerge(call: CallText, part: PartOf): Merge | undefined {
  const result = ofPairs[call.name];
  const [y, x, ...more] = call.args;
  if (result === undefined || y === undefined || x === undefined || more.length > 0) return undefined;
  const xs = `CASE WHEN ${y} IS NOT NULL THEN ${asDouble(x)} END`;
  const ys = `CASE WHEN ${x} IS NOT NULL THEN ${asDouble(y)} END`;
  const count = part(`CAST(${over(call, 'regr_count', y, x)} AS BIGINT)`);
  const products = (a: string, b: string, product: string): string =>
    productsOf({ count, means: [part(meanOf(call, a)), part(meanOf(call, b))], product: part(product) });
  const make: Readonly<Record<Need, () => string>> = {
    n: () => total(count),
    xx: () => finite(products(xs, xs, over(call, 'var_pop', xs)), result.refusals?.xx),
    yy: () => finite(products(ys, ys, over(call, 'var_pop', ys)), result.refusals?.yy),
    xy: () => products(xs, ys, over(call, 'covar_pop', y, x)),
    x: () => `sum(${part(over(call, 'sum', xs))})`,
    y: () => `sum(${part(over(call, 'sum', ys))})`,
  };
  return {
    wholes: result.needs.map((need) => make[need]()),
    finish: (wholes) => {
      const named = (need: Need): string => wholes[result.needs.indexOf(need)] ?? '';
      return result.finish({
        n: named('n'),
        xx: named('xx'),
        yy: named('yy'),
        xy: named('xy'),
        x: named('x'),
        y: named('y'),
      });
    },
  };
}

const asDouble = (sql: string): string => `CAST(${sql} AS DOUBLE)`;

/** Exact where all values are equal, else to the last bit or so: a plain sum would lose digits of large values. */
const meanOf = (call: CallText, value: string): string =>
  `CASE WHEN ${over(call, 'min', value)} = ${over(call, 'max', value)} THEN ${over(call, 'min', value)} ELSE ${over(call, 'favg', value)} END`;

const total = (count: string): string => `CAST(coalesce(sum(${count}), 0) AS DOUBLE)`;

function productsOf({ count, means, product }: Part): string {
  const [a, b] = means;
  const some = `FILTER (WHERE ${count} > 0)`;
  const mean = (value: string): string => `(fsum(${count} * ${value}) / sum(${count}))`;
  const isOne = (value: string): string => `(min(${value}) = max(${value}) AND isfinite(min(${value})))`;
  const isSame = a === b ? isOne(a) : `(${isOne(a)} OR ${isOne(b)})`;
  const away = `list_sum(list_transform(list({'n': ${count}, 'a': ${a}, 'b': ${b}}) ${some}, lambda ${each}: ${each}.n * (${each}.a - ${mean(a)}) * (${each}.b - ${mean(b)})))`;
  return `sum(${count} * ${product}) ${some} + CASE WHEN count(*) ${some} = 1 OR ${isSame} THEN 0 ELSE ${away} END`;
}

/** The parameter of lambdas: no column is called so. */
export const each = '"each part"';

/**
 * DuckDB refuses a variance that is no number, whether its value is used or not: so it is asked where the sum is made,
 * as a list of one, which names the sum only once.
 */
const finite = (sum: string, refusal = ''): string =>
  `list_transform([${sum}], lambda ${each}: CASE WHEN NOT isfinite(${each}) THEN error('${refusal} is out of range!') ELSE ${each} END)[1]`;
