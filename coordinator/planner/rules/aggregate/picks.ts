import { type CallText, type Merge, over, type PartOf } from './merge.ts';

const wholeNumber = /^\d+$/;

/** Aggregates that choose among their rows: the choice of all tasks is one of the choices of each. */
export function pickMerge(call: CallText, part: PartOf): Merge | undefined {
  const { name, args, orders, type } = call;
  if (orders.length > 0) return args.length === 1 ? firstMerge(call, part) : undefined;
  if ((firsts.has(name) || name === 'last') && args.length === 1) return unorderedMerge(call, part);
  if ((name === 'min' || name === 'max') && args.length === 2) return extremesMerge(call, part);
  const best = extremeOf[name];
  if (best === undefined || args.length !== 2) return undefined;
  const [value = '', by = ''] = args;
  const keepsNull = name.endsWith('_null');
  const choice = part(over(call, name, value, by));
  const key = part(over(call, best, keepsNull ? by : `CASE WHEN ${value} IS NOT NULL THEN ${by} END`));
  return { wholes: [`CAST(${name}(${choice}, ${key}) AS ${type})`] };
}

const extremeOf: Readonly<Record<string, 'min' | 'max'>> = Object.fromEntries([
  ...['arg_min', 'argmin', 'min_by', 'arg_min_null'].map((name) => [name, 'min' as const]),
  ...['arg_max', 'argmax', 'max_by', 'arg_max_null'].map((name) => [name, 'max' as const]),
]);

/** A value may be NULL: whether there are rows is told by their number. */
function unorderedMerge(call: CallText, part: PartOf): Merge {
  const choice = part(over(call, call.name, ...call.args));
  const count = part(over(call, 'count', '*'));
  return { wholes: [`CAST(${call.name}(${choice}) FILTER (WHERE ${count} > 0) AS ${call.type})`] };
}

/** Aggregates that take the first row, whether its value is NULL or not. */
const firsts: ReadonlySet<string> = new Set(['first', 'arbitrary']);

/** The first row of each task in the call's order, with what it is ordered by; then the first of those. */
function firstMerge(call: CallText, part: PartOf): Merge | undefined {
  const [value = ''] = call.args;
  const isAny = call.name === 'any_value';
  if (!isAny && !firsts.has(call.name) && call.name !== 'last') return undefined;
  const name = call.name === 'last' ? 'last' : 'first';
  const fields = call.orders.map(({ sql }, i) => `'k${i}': ${sql}`);
  const items = call.orders.map(({ sql, direction }) => `${sql}${direction}`).join(', ');
  const conditions = [
    ...(call.filter === undefined ? [] : [`(${call.filter})`]),
    ...(isAny ? [`${value} IS NOT NULL`] : []),
  ];
  const filter = conditions.length === 0 ? '' : ` FILTER (WHERE ${conditions.join(' AND ')})`;
  const row = part(`${name}({'v': ${value}, ${fields.join(', ')}} ORDER BY ${items})${filter}`);
  const keys = call.orders.map(({ direction }, i) => `${row}.k${i}${direction}`).join(', ');
  return { wholes: [`CAST(${name}(${row}.v ORDER BY ${keys}) FILTER (WHERE ${row} IS NOT NULL) AS ${call.type})`] };
}

/** The n least or greatest of each task, then those of all. */
function extremesMerge(call: CallText, part: PartOf): Merge | undefined {
  const [, count = ''] = call.args;
  if (!wholeNumber.test(count)) return undefined;
  const some = part(over(call, call.name, ...call.args));
  const sorted = `${call.name === 'min' ? 'list_sort' : 'list_reverse_sort'}(flatten(list(${some})))`;
  return { wholes: [`CAST(CASE WHEN count(${some}) > 0 THEN list_slice(${sorted}, 1, ${count}) END AS ${call.type})`] };
}
