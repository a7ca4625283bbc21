import type { NamedExpression } from '../../../../shared/plan/nodes/expression.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import type { Partitioning } from '../../../../shared/stage/output.ts';
import { describeOver } from '../../bind/describe.ts';
import type { BoundOf } from '../../bound/plan.ts';
import type { Build } from '../../stages/build.ts';
import { continued, type Fragment, type Traits } from '../../stages/fragment.ts';
import { addSelect, asRelation, type Query, queryOf, queryText } from '../../stages/query.ts';
import { afterGrouping, groupedSize } from '../grouping.ts';
import { placedBy } from '../placement.ts';
import { groupByFirst, groupBySets } from './group-by.ts';
import type { Phases } from './phases.ts';

/**
 * Partial groups in each task; where there is DISTINCT, its values meet and are counted; then whole groups meet. Where
 * there are many small groups, they meet whole, and their values are counted there: to count values apart would hardly
 * make fewer rows of them, which would be exchanged twice.
 *
 * @param reproducible a task that runs again makes the same parts of its rows
 */
export function inPhases(
  input: Fragment,
  bound: BoundOf<'aggregate'>,
  phases: Phases,
  reproducible: boolean,
  build: Build,
): Fragment {
  const { keys, values, hasKeySets, set } = phases;
  const names = keys.map(({ name }) => name);
  const grouped = [...names, ...values.map(({ name }) => name)];
  const isOneRow = grouped.length === 0;
  const grouping = afterGrouping(input.traits, grouped);
  const traits = { ...grouping, deterministic: grouping.deterministic && reproducible };
  const { groups } = bound.operator;
  const few = groups === undefined || values.length > 0 ? undefined : groups * input.tasks;
  const size = isOneRow ? { rows: input.tasks, bytes: 0 } : groupedSize(input.size, few);
  const partial = selecting(input, (from) => partialQuery(from, phases), 'partial aggregate', { traits, size }, build);
  const isWhole = hasManyGroups(bound, partial, phases, build);
  const counted = values.length === 0 ? partial : distinctValues(partial, phases, isWhole, build);
  const by = [...names, ...(hasKeySets ? [set] : [])].map(quotedName);
  const isMet = values.length > 0 && (isWhole || counted.tasks === 1);
  const met = isMet ? counted : build.exchange(counted, partitioningBy(by, counted.size.bytes, build), meet(by));
  return continued(met, finalQuery(met.query, bound, phases, by), 'final aggregate', {
    schema: bound.schema,
    traits: hasKeySets
      ? ofSets(afterGrouping(met.traits, names))
      : { ...afterGrouping(met.traits, names), ...placedBy(names.map((name) => [name])) },
  });
}

/** So many groups for each partition, and these are about as large as each other. */
const groupsOfPartitionMin = 16;

function hasManyGroups(
  { operator: { groupsMin = 0 } }: BoundOf<'aggregate'>,
  { size }: Fragment,
  { values, hasKeySets }: Phases,
  build: Build,
): boolean {
  return values.length > 0 && !hasKeySets && groupsMin >= groupsOfPartitionMin * build.partitionsFor(size.bytes);
}

/** Rows of two sets may be equal in all keys. */
export function ofSets({ unique: _, ...traits }: Traits): Traits {
  return traits;
}

/** Groups of one task's rows, by the keys and at most one of the values at a time. */
function partialQuery(query: Query, { keys, values, parts, sets, set }: Phases): Query {
  const grouped = [...keys, ...values];
  if (sets.length === 1) return addSelect(query, [...grouped, ...parts], groupByFirst(grouped.length));
  // Equal expressions must be columns apart: DuckDB would take them for one.
  const columns = grouped.map(({ sql }, i) => ({ name: `${set}${i}`, sql }));
  const list = columns.map(({ name, sql }) => `${sql} AS ${quotedName(name)}`).join(', ');
  const wide = queryOf(`(SELECT *, ${list} FROM ${asRelation(query)})`);
  const selected = grouped.map(({ name }, i) => ({ name, sql: quotedName(columns[i]?.name ?? '') }));
  return addSelect(wide, [...selected, { name: set, sql: setSql(columns, keys.length) }, ...parts], groupBySets(sets));
}

/** A bit for each column that a row is not grouped by: the first key's is the highest, the first value's the lowest. */
function setSql(columns: readonly NamedExpression[], keys: number): string {
  const ordered = [...columns.slice(0, keys), ...columns.slice(keys).reverse()];
  return `GROUPING(${ordered.map(({ name }) => quotedName(name)).join(', ')})`;
}

/**
 * Equal values meet, and parts are made of each once; rows of plain parts pass by.
 *
 * @param isWhole they meet by the keys alone, and so do whole groups
 */
function distinctValues(partial: Fragment, phases: Phases, isWhole: boolean, build: Build): Fragment {
  const { sets, set, keys, values } = phases;
  const names = [...keys, ...values, ...(sets.length === 1 ? [] : [{ name: set }])].map(({ name }) => name);
  const by = (isWhole ? keys.map(({ name }) => name) : names).map(quotedName);
  const label = isWhole ? meet(by) : 'meet by value';
  const met = build.exchange(partial, partitioningBy(by, partial.size.bytes, build), label);
  const size = keys.length === 0 ? { rows: met.tasks, bytes: 0 } : groupedSize(met.size);
  const traits = ofSets(afterGrouping(met.traits, names));
  return selecting(
    met,
    (from) => distinctQuery(asRelation(from), phases, names),
    'distinct values',
    { traits, size },
    build,
  );
}

function distinctQuery(from: string, phases: Phases, names: readonly string[]): Query {
  const { keys, values, parts, valueParts, sets, set, isPlain } = phases;
  const named = keys.map(({ name }) => ({ name, sql: quotedName(name) }));
  const rest = phases.hasKeySets ? [{ name: set, sql: `${quotedName(set)} >> ${values.length}` }] : [];
  const nulls = (columns: readonly NamedExpression[]): NamedExpression[] =>
    columns.map(({ name }) => ({ name, sql: 'NULL' }));
  const all = 2 ** values.length - 1;
  const where = (test: string): readonly string[] =>
    sets.length === 1 ? [] : [`${quotedName(set)} & ${all} ${test} ${all}`];
  const distinct: Query = {
    from,
    where: where('<>'),
    columns: names.map((name) => ({ name, sql: quotedName(name) })),
    distinct: true,
  };
  const counted = addSelect(
    distinct,
    [...named, ...rest, ...nulls(parts), ...valueParts],
    groupByFirst(named.length + rest.length),
  );
  if (!isPlain) return counted;
  const own = parts.map(({ name }) => ({ name, sql: quotedName(name) }));
  const plain: Query = { from, where: where('='), columns: [...named, ...rest, ...own, ...nulls(valueParts)] };
  return queryOf(`(${queryText(plain)} UNION ALL ${queryText(counted)})`);
}

function finalQuery(query: Query, { operator }: BoundOf<'aggregate'>, phases: Phases, by: readonly string[]): Query {
  const keys = operator.keys.map(({ name }) => ({ name, sql: quotedName(name) }));
  const tail = phases.hasKeySets ? `GROUP BY ${by.join(', ')}` : groupByFirst(keys.length);
  if (phases.wholes.length === 0) return addSelect(query, [...keys, ...phases.results], tail);
  const set = phases.hasKeySets ? [{ name: phases.set, sql: quotedName(phases.set) }] : [];
  const inner = addSelect(query, [...keys, ...set, ...phases.wholes], tail);
  return addSelect(inner, [...keys, ...phases.results]);
}

/** The fragment with its query changed by `change`, which must take all that it takes from that query. */
function selecting(
  input: Fragment,
  change: (query: Query) => Query,
  label: string,
  about: Pick<Fragment, 'traits' | 'size'>,
  { context }: Build,
): Fragment {
  const text = queryText(change(queryOf('input')));
  const schema = describeOver(context.dialect, [{ name: 'input', schema: input.schema }], text);
  return continued(input, change(input.query), label, { schema, ...about });
}

/** How rows meet by keys: in one task if there are no keys or few bytes, else by hash. */
export function partitioningBy(keys: readonly string[], bytes: number, build: Build): Partitioning {
  const partitions = build.partitionsFor(bytes);
  if (keys.length === 0) return { kind: 'single' };
  if (partitions === 1) return { kind: 'single', keys };
  return { kind: 'hash', keys, partitions };
}

/** How the meeting is called in `explain`. */
export const meet = (keys: readonly string[]): string => (keys.length === 0 ? 'gather' : 'meet by key');
