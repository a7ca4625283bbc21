import { hasNoText } from '../../../../shared/sql/type-text.ts';
import { type CallText, type Merge, over, type PartOf } from './merge.ts';
import { covarianceMerge, varianceMerge } from './moments.ts';
import { pickMerge } from './picks.ts';

/** Aggregates whose parts merge by the same aggregate. */
const ofThemselves: ReadonlySet<string> = new Set(
  `sum min max bool_and bool_or bit_and bit_or bit_xor product any_value kahan_sum fsum sumkahan`.split(' '),
);

/** Parts that are numbers of rows: nothing adds up to 0. */
const counts: ReadonlySet<string> = new Set(['count', 'count_star']);
/** Parts that are numbers of rows, or NULL over nothing but NULLs. */
const countsIf: ReadonlySet<string> = new Set(['count_if', 'countif']);

const averages: ReadonlySet<string> = new Set(['avg', 'mean']);

/** Types whose sums are exact, or doubles anyhow; averages of times and intervals have rules of their own. */
const summable = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT)|DECIMAL\(.*\)|DOUBLE|FLOAT|BOOLEAN)$/;
const wide = /^U?HUGEINT$/;

/**
 * How an aggregate call is computed in two phases, or nothing where it is not: then whole groups must meet in one task.
 * DISTINCT must be dealt with already: the rows that a task sees count all.
 */
export function mergeOf(call: CallText, part: PartOf): Merge | undefined {
  const { name, args, type, argument } = call;
  if (hasNoText(type)) return undefined;
  const own = (): string => part(over(call, name, ...args));
  if (call.orders.length > 0) return pickMerge(call, part);
  if (counts.has(name) && args.length <= 1) return { wholes: [`CAST(coalesce(sum(${own()}), 0) AS ${type})`] };
  if (countsIf.has(name)) return { wholes: [`CAST(sum(${own()}) AS ${type})`] };
  if (name === 'sum' && !/^(HUGEINT|DECIMAL\(.*\)|DOUBLE)$/.test(type)) return undefined;
  if (ofThemselves.has(name) && args.length === 1) return { wholes: [`CAST(${name}(${own()}) AS ${type})`] };
  if (averages.has(name) && type === 'DOUBLE' && (summable.test(argument) || wide.test(argument)))
    return averageOf(call, part);
  if (name === 'favg') return exactAverageOf(call, part);
  if (name === 'bitstring_agg' && args.length === 3) return { wholes: [`bit_or(${own()})`] };
  return varianceMerge(call, part) ?? covarianceMerge(call, part) ?? pickMerge(call, part);
}

/** The sum is exact for whole numbers and decimals (DuckDB's own state holds the same), a double otherwise. */
function averageOf(call: CallText, part: PartOf): Merge {
  const [value = ''] = call.args;
  const isCast = wide.test(call.argument) || call.argument === 'BOOLEAN';
  const summed = isCast ? `CAST(${value} AS DOUBLE)` : value;
  return ratio(part(over(call, 'sum', summed)), part(over(call, 'count', value)), 'sum');
}

/** DuckDB's compensated sum of an infinity is one, or NaN, as it comes; its average is NaN. */
function exactAverageOf(call: CallText, part: PartOf): Merge {
  const sum = part(over(call, 'fsum', ...call.args));
  const { wholes } = ratio(sum, part(over(call, 'count', ...call.args)), 'fsum');
  return {
    wholes: wholes.map((average) => `CASE WHEN isfinite(fsum(${sum})) IS FALSE THEN 'NaN'::DOUBLE ELSE ${average} END`),
  };
}

const ratio = (sum: string, count: string, adding: string): Merge => ({
  wholes: [`CAST(${adding}(${sum}) AS DOUBLE) / sum(${count})`],
});
