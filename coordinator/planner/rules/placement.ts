import type { NamedExpression } from '../../../shared/plan/nodes/expression.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import { type Fragment, type Origin, type PartitionedBy, type Traits, withNote } from '../stages/fragment.ts';

/** In lower case, the columns that are nothing but this expression. */
export const heldBy = (sql: string, columns: readonly NamedExpression[]): string[] =>
  columns.filter((column) => column.sql.toLowerCase() === sql.toLowerCase()).map(({ name }) => name.toLowerCase());

/**
 * For a fragment's traits: rows have met by the hash of keys, each of which these columns hold. Nothing if a key is
 * lost.
 */
export const placedBy = (keys: readonly (readonly string[])[]): { readonly partitionedBy?: PartitionedBy } =>
  keys.length === 0 || keys.some(({ length }) => length === 0)
    ? {}
    : { partitionedBy: keys.map((names) => new Set(names.map((name) => name.toLowerCase()))) };

/**
 * What rows are partitioned by, by the names that its columns have behind a select list that takes them as they are.
 */
export const passed = (by: PartitionedBy | undefined, columns: readonly NamedExpression[]) =>
  placedBy((by ?? []).map((names) => [...names].flatMap((name) => heldBy(quotedName(name), columns))));

/** In which ranges of a key rows lie, in the same way. */
export function stillRanged(
  { ranged }: Pick<Traits, 'ranged'>,
  columns: readonly NamedExpression[],
): Pick<Traits, 'ranged'> {
  const names = new Set([...(ranged?.names ?? [])].flatMap((name) => heldBy(quotedName(name), columns)));
  return ranged === undefined || names.size === 0 ? {} : { ranged: { ...ranged, names } };
}

/** Where the values of columns come from, in the same way: of rows that are taken one by one. */
export function comingFrom(
  { origins }: Pick<Traits, 'origins'>,
  columns: readonly NamedExpression[],
): Pick<Traits, 'origins'> {
  const found = [...(origins ?? [])].flatMap(([name, origin]) =>
    heldBy(quotedName(name), columns).map((name): [string, Origin] => [name, origin]),
  );
  return found.length === 0 ? {} : { origins: new Map(found) };
}

/**
 * Of these expressions over the fragment's rows the positions of those by whose hash its rows lie, in the order in
 * which they were hashed; nothing if they lie otherwise. Its tasks are the partitions.
 */
export function lyingBy({ traits, tasks }: Fragment, keys: readonly string[]): readonly number[] | undefined {
  if (traits.partitionedBy === undefined || tasks === 1) return undefined;
  const positions = traits.partitionedBy.map((names) => {
    const held = new Set([...names].map((name) => quotedName(name).toLowerCase()));
    return keys.findIndex((key) => held.has(key.toLowerCase()));
  });
  return positions.includes(-1) ? undefined : positions;
}

/** The columns of a relation, selected as they are. */
export const asTheyAre = (columns: readonly { readonly name: string }[]): NamedExpression[] =>
  columns.map(({ name }) => ({ name, sql: quotedName(name) }));

/**
 * The fragment, if rows that are equal in all of these expressions are in one task of it already. What follows relies
 * on that: none of its joins may be done in another way when sizes are known, only whole partitions may be read
 * together.
 */
export function alreadyMet(fragment: Fragment, keys: readonly NamedExpression[]): Fragment | undefined {
  return passed(fragment.traits.partitionedBy, keys).partitionedBy === undefined ? undefined : stayingPut(fragment);
}

/** The fragment, whose rows must stay in the partitions in which they are: its joins are done as planned. */
export function stayingPut(fragment: Fragment): Fragment {
  const { traits, joins } = fragment;
  const names = (traits.partitionedBy ?? []).map((key) => [...key].join(' = ')).join(', ');
  const fixed = joins?.map((join) => (join.kind === 'hash' ? { ...join, kind: 'fixed' as const } : join));
  const kept = fixed === undefined ? fragment : { ...fragment, joins: fixed };
  return withNote(kept, `rows are already partitioned by ${names}, and are not exchanged`);
}
