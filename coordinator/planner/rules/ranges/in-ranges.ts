import type { NamedExpression } from '../../../../shared/plan/nodes/expression.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import type { StageInput } from '../../../../shared/stage/stage.ts';
import type { Build } from '../../stages/build.ts';
import { type Fragment, type Origin, type Ranged, withNote } from '../../stages/fragment.ts';
import { alreadyMet, placedBy } from '../placement.ts';
import { cutsBetween, type KeyedInput, splitsInRanges } from './cuts.ts';
import { type KeyValue, keyedPieces } from './pieces.ts';

/*
 * Files that were written in the order of a key, as orders by their number or events by their time, say so: each of their row
 * groups has the least and the greatest value of a column. Tasks that read ranges of the key have all rows of each value, so
 * that these are grouped, and joined with those of other files that lie so, where they are read: nothing is exchanged. Known
 * as zone maps (G. Moerkotte: Small Materialized Aggregates, 1998) and as storage-partitioned joins.
 */

/**
 * The fragment, if rows that are equal in all of these expressions are in one task of it, or come to be by how its
 * files are cut.
 */
export const metInPlace = (fragment: Fragment, keys: readonly NamedExpression[], build: Build): Fragment | undefined =>
  alreadyMet(fragment, keys) ?? inRangesOf(fragment, keys, build);

/** The fragment cut into ranges of one of these expressions. */
function inRangesOf(fragment: Fragment, keys: readonly NamedExpression[], build: Build): Fragment | undefined {
  for (const key of keys) {
    const ranged = rangedBy(fragment, key.sql);
    const cuts = ranged && cutsFor([ranged], fragment.tasks, build);
    if (ranged === undefined || cuts === undefined) continue;
    return noted(cut(fragment, ranged, cuts, build), ranged.names);
  }
  return undefined;
}

/** The fragment cut into ranges of the column that follow each other, upwards or downwards: sorted by each task, its rows are sorted. */
export function inOrderOf(fragment: Fragment, column: string, isUpwards: boolean, build: Build): Fragment | undefined {
  const ranged = rangedBy(fragment, quotedName(column));
  const cuts = ranged && cutsFor([ranged], fragment.tasks, build);
  if (ranged === undefined || cuts === undefined) return undefined;
  const found = noted(cut(fragment, ranged, cuts, build), ranged.names);
  return isUpwards ? found : { ...found, inputs: found.inputs.map(reversed) };
}

const reversed = (input: StageInput): StageInput =>
  input.kind === 'splits' ? { ...input, perTask: input.perTask.toReversed() } : input;

/** Whether the fragment could be cut into ranges of one of these columns, if another operator wants it. */
export const liesInOrder = (fragment: Fragment, columns: readonly string[], build: Build): boolean =>
  columns.some((column) => {
    const ranged = rangedBy(fragment, quotedName(column));
    return ranged !== undefined && cutsFor([ranged], fragment.tasks, build) !== undefined;
  });

export interface BothInRanges {
  readonly left: Fragment;
  readonly right: Fragment;
  /** Which of the pairs of keys it is. */
  readonly key: number;
}

/** Both fragments cut alike by one pair of these expressions over them. */
export function bothInRanges(
  [left, right]: readonly [Fragment, Fragment],
  keys: { readonly left: readonly string[]; readonly right: readonly string[] },
  build: Build,
): BothInRanges | undefined {
  for (const [key, sql] of keys.left.entries()) {
    const [l, r] = [rangedBy(left, sql), rangedBy(right, keys.right[key] ?? '')];
    const cuts = l && r && cutsFor([l, r], Math.max(left.tasks, right.tasks), build);
    if (l === undefined || r === undefined || cuts === undefined) continue;
    return { left: noted(cut(left, l, cuts, build), l.names), right: cut(right, r, cuts, build), key };
  }
  return undefined;
}

const noted = (fragment: Fragment, names: ReadonlySet<string>): Fragment =>
  withNote(
    fragment,
    `files lie in the order of ${[...names].join(' = ')}: tasks read ranges of it, and exchange nothing`,
  );

/** By what the fragment's tasks could have ranges of the expression: nothing if not all that they read lies by it. */
function rangedBy({ traits, inputs, tasks, steps }: Fragment, sql: string): Ranged | undefined {
  if (tasks === 1 || steps.length > 0) return undefined;
  const { ranged, origins } = traits;
  const isHeld = (name: string): boolean => quotedName(name).toLowerCase() === sql.toLowerCase();
  if (ranged !== undefined) return [...ranged.names].some(isHeld) ? ranged : undefined;
  const [name, origin] = [...(origins ?? [])].find(([name]) => isHeld(name)) ?? [];
  if (name === undefined || origin === undefined) return undefined;
  const isOther = (input: StageInput): boolean => input.name !== origin.input && !isSame(input);
  return inputs.some(isOther) ? undefined : { origins: [origin], names: new Set([name]) };
}

/** What every task reads alike. */
const isSame = (input: StageInput): boolean =>
  input.kind === 'exchange'
    ? input.mode === 'broadcast'
    : input.kind === 'splits' && input.perTask.every((each) => each === input.perTask[0]);

function cutsFor(sides: readonly Ranged[], tasks: number, build: Build): readonly KeyValue[] | undefined {
  const origins = sides.flatMap((side) => side.origins);
  const types = new Set(origins.map(({ column }) => column.type));
  const inputs = origins.map((origin) => keyedInput(origin, build)).filter((input) => input !== undefined);
  return types.size > 1 || inputs.length < origins.length || tasks < 2 ? undefined : cutsBetween(inputs, tasks);
}

function keyedInput({ input, column }: Origin, build: Build): KeyedInput | undefined {
  const scanned = build.scans.get(input);
  const pieces = scanned && keyedPieces(scanned, column);
  return pieces && { column, pieces };
}

function cut(fragment: Fragment, ranged: Ranged, cuts: readonly KeyValue[], build: Build): Fragment {
  const tasks = cuts.length + 1;
  const inputs = fragment.inputs.map((input): StageInput => {
    if (input.kind !== 'splits') return input;
    const origin = ranged.origins.find((origin) => origin.input === input.name);
    const keyed = origin && keyedInput(origin, build);
    const [first = []] = input.perTask;
    const perTask = keyed ? splitsInRanges(keyed, cuts) : Array.from({ length: tasks }, () => first);
    return { ...input, perTask };
  });
  const traits = { ...fragment.traits, ...placedBy([[...ranged.names]]), ranged };
  return { ...fragment, inputs, tasks, traits };
}
