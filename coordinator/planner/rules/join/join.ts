import type { StageInput } from '../../../../shared/stage/stage.ts';
import type { BoundOf } from '../../bound/plan.ts';
import type { Build } from '../../stages/build.ts';
import { type Fragment, withNote } from '../../stages/fragment.ts';
import { queryOf } from '../../stages/query.ts';
import { placedBy, stayingPut } from '../placement.ts';
import { type BothInRanges, bothInRanges } from '../ranges/in-ranges.ts';
import { type InPlace, inPlace } from './in-place.ts';
import { joined } from './joined.ts';
import { columnsOfKeys, type JoinKeys, joinKeys } from './keys.ts';
import { isReadAnew, type Placement, placementsOf, worthSending } from './placements.ts';

/**
 * Brings one side to the other. Small files are read by every task itself; files that lie in the order of a key are
 * read by ranges of it; a small side is sent whole to every task, if the join lets that side have rows without a match
 * vanish; else both sides are hashed by the condition's equalities. Without such, one side is sent whole, and a full
 * join runs in one task.
 */
export function planJoin(bound: BoundOf<'join'>, build: Build): Fragment {
  const [leftInput, rightInput] = bound.inputs;
  if (leftInput === undefined || rightInput === undefined) throw new RangeError('a join has two inputs');
  const [left, right] = [build.plan(leftInput), build.plan(rightInput)];
  const placements = placementsOf(bound.operator.type, left, right);
  const anew = placements.find((placement) => isReadAnew(placement, build));
  if (anew !== undefined) return joined({ ...anew, brought: everywhere(anew.brought, anew.here.tasks) }, bound);
  const keys = joinKeys(bound, build.context.dialect);
  const ranged = bothInRanges([left, right], keys, build);
  if (ranged !== undefined) return inRanges(ranged, keys, bound);
  const sent = worthSending(placements, keys, bound.operator, build);
  if (sent !== undefined) return broadcast(sent, bound, build);
  const met = inPlace(left, right, keys);
  if (met !== undefined) return inTasksOf(met, [left, right], keys, bound, build);
  if (keys.left.length > 0) return hashed(left, right, keys, bound, build);
  const [anyway] = placements.toSorted((a, b) => a.brought.size.bytes - b.brought.size.bytes);
  return anyway === undefined ? inOneTask(left, right, bound, build) : broadcast(anyway, bound, build);
}

const everywhere = (fragment: Fragment, tasks: number): Fragment => ({
  ...fragment,
  inputs: fragment.inputs.map((input) => repeated(input, tasks)),
});

function repeated(input: StageInput, tasks: number): StageInput {
  if (input.kind !== 'splits') return input;
  return { ...input, perTask: Array.from({ length: tasks }, () => input.perTask[0] ?? []) };
}

function broadcast({ at, here, brought }: Placement, bound: BoundOf<'join'>, build: Build): Fragment {
  const from = build.close(brought, { kind: 'exchange', partitioning: { kind: 'single' } });
  const input = build.read(brought, from, 'broadcast');
  const { schema, tasks, traits, size } = brought;
  const query = queryOf(input.name);
  const sent: Fragment = { inputs: [input], steps: [], query, schema, tasks, labels: [], notes: [], traits, size };
  const side = at === 'l' ? 'right' : 'left';
  const note = `the ${side} side of the join, stage ${from}, is sent whole to every task`;
  return withNote(joined({ at, here, brought: sent }, bound, 'broadcast'), note);
}

function hashed(left: Fragment, right: Fragment, keys: JoinKeys, bound: BoundOf<'join'>, build: Build): Fragment {
  const partitions = Math.max(2, build.partitionsFor(left.size.bytes + right.size.bytes));
  const l = build.exchange(left, { kind: 'hash', keys: keys.left, partitions }, 'meet by join key');
  const r = build.exchange(right, { kind: 'hash', keys: keys.right, partitions }, 'meet by join key');
  const met = joined({ at: 'l', here: l, brought: { ...r, labels: [] } }, bound, 'hash', keys.comparisons);
  return { ...met, traits: { ...met.traits, ...placedBy(columnsOfKeys(keys, bound.operator)) } };
}

/** Both sides' tasks read the same ranges of a key. */
function inRanges({ left, right, key }: BothInRanges, keys: JoinKeys, bound: BoundOf<'join'>): Fragment {
  const met = joined({ at: 'l', here: left, brought: right }, bound);
  const { ranged: _, origins: _origins, ...traits } = met.traits;
  const names = columnsOfKeys(keys, bound.operator)[key] ?? [];
  const origins = [left, right].flatMap((side) => side.traits.ranged?.origins ?? []);
  const ranged = { origins, names: new Set(names.map((name) => name.toLowerCase())) };
  return { ...met, traits: { ...traits, ...placedBy([names]), ...(names.length > 0 && { ranged }) } };
}

/** The other side is hashed as this one's rows were, and comes to its tasks, unless its rows lie so, too. */
function inTasksOf(
  { at, by, isAlike }: InPlace,
  [left, right]: readonly [Fragment, Fragment],
  keys: JoinKeys,
  bound: BoundOf<'join'>,
  build: Build,
): Fragment {
  const [here, other, otherKeys] = at === 'l' ? [left, right, keys.right] : [right, left, keys.left];
  const hash = { kind: 'hash', keys: by.map((i) => otherKeys[i] ?? ''), partitions: here.tasks } as const;
  const brought = isAlike ? stayingPut(other) : { ...build.exchange(other, hash, 'meet by join key'), labels: [] };
  const met = joined(
    { at, here: stayingPut(here), brought },
    bound,
    'fixed',
    by.map((i) => keys.comparisons[i] ?? '='),
  );
  const held = columnsOfKeys(keys, bound.operator);
  const columns = by.map((i, at) => [...(held[i] ?? []), ...(met.traits.partitionedBy?.[at] ?? [])]);
  return { ...met, traits: { ...met.traits, ...placedBy(columns) } };
}

function inOneTask(left: Fragment, right: Fragment, bound: BoundOf<'join'>, build: Build): Fragment {
  const reason = 'a full join without equalities runs in one task';
  const [here, brought] = [build.gather(left, 'gather', reason), build.gather(right, 'gather', reason)];
  return joined({ at: 'l', here, brought: { ...brought, labels: [], notes: [] } }, bound);
}
