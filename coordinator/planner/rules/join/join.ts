import type { JoinType } from '../../../../shared/plan/nodes/join.ts';
import { name, quotedName } from '../../../../shared/sql/text.ts';
import type { StageInput } from '../../../../shared/stage/stage.ts';
import type { BoundOf, JoinColumn, OperatorOf } from '../../bound/plan.ts';
import type { Build } from '../../stages/build.ts';
import { type JoinChoice, keptSides, mayLeaveOut, mayRepeat } from '../../stages/choices.ts';
import { type Fragment, type Size, withNote } from '../../stages/fragment.ts';
import { asRelation, isBare, queryOf } from '../../stages/query.ts';
import { filteredSize, withoutUnique } from '../narrow.ts';
import { asTheyAre, passed, placedBy, stayingPut } from '../placement.ts';
import { type InPlace, inPlace } from './in-place.ts';
import { columnsOfKeys, type JoinKeys, joinKeys } from './keys.ts';

type Side = 'l' | 'r';

/** Which side's tasks a join runs in, and the other side, which is brought there. */
interface Placement {
  readonly at: Side;
  readonly here: Fragment;
  readonly brought: Fragment;
}

/**
 * Brings one side to the other. Small files are read by every task itself; a small side is sent whole to every task, if
 * the join lets that side have rows without a match vanish; else both sides are hashed by the condition's equalities.
 * Without such, one side is sent whole, and a full join runs in one task.
 */
export function planJoin(bound: BoundOf<'join'>, build: Build): Fragment {
  const [leftInput, rightInput] = bound.inputs;
  if (leftInput === undefined || rightInput === undefined) throw new RangeError('a join has two inputs');
  const [left, right] = [build.plan(leftInput), build.plan(rightInput)];
  const placements = placementsOf(bound.operator.type, left, right);
  const anew = placements.find((placement) => isReadAnew(placement, build));
  if (anew !== undefined) return joined({ ...anew, brought: everywhere(anew.brought, anew.here.tasks) }, bound);
  const { broadcastBytesMax, taskBytesMin } = build.context.config;
  const small = placements.filter(({ brought }) => brought.size.bytes <= broadcastBytesMax);
  const keys = joinKeys(bound, build.context.dialect);
  const { slots } = build.context;
  const [best] = small.toSorted((a, b) => builtBytes(a, slots) - builtBytes(b, slots));
  const spreadBytes = (left.size.bytes + right.size.bytes) / Math.max(1, slots);
  // To hash little takes a stage for nothing.
  const affordable = Math.max(spreadCost * spreadBytes, taskBytesMin);
  const isBest =
    best !== undefined && builtBytes(best, slots) <= affordable && !isReducible(best, keys, bound.operator.type);
  if (best !== undefined && (isBest || keys.left.length === 0)) return broadcast(best, bound, build);
  const met = inPlace(left, right, keys);
  if (met !== undefined) return inTasksOf(met, [left, right], keys, bound, build);
  if (keys.left.length > 0) return hashed(left, right, keys, bound, build);
  const [anyway] = placements.toSorted((a, b) => a.brought.size.bytes - b.brought.size.bytes);
  return anyway === undefined ? inOneTask(left, right, bound, build) : broadcast(anyway, bound, build);
}

/**
 * What is brought is made of rows that have met by the join's own keys, and few of them have a partner: if both sides are
 * hashed, those without are left out before they meet.
 */
function isReducible({ at, here, brought }: Placement, keys: JoinKeys, type: JoinType): boolean {
  const [side, own] = at === 'l' ? (['right', keys.right] as const) : (['left', keys.left] as const);
  const isMet = own.length > 0 && own.every((key) => brought.traits.partitionedBy?.some((names) => holds(names, key)));
  const isFew = (here.size.share ?? 1) <= reducedShareMax && here.size.bytes < brought.size.bytes;
  return isMet && isFew && mayLeaveOut[type].includes(side);
}

const holds = (names: ReadonlySet<string>, key: string): boolean =>
  [...names].some((name) => quotedName(name) === key.toLowerCase());

/** More of a table than this does not spare enough. */
const reducedShareMax = 1 / 10;

/** What each slot builds hash tables from, one task after the other. */
const builtBytes = ({ here, brought }: Placement, slots: number): number =>
  Math.max(1, here.tasks / Math.max(1, slots)) * brought.size.bytes;

/** To hash, write, fetch and join a row costs as much as to put it into so many hash tables. */
const spreadCost = 3;

/** The preferred one first. In a single task, either side may be brought to the other. */
function placementsOf(type: JoinType, left: Fragment, right: Fragment): Placement[] {
  const atLeft: Placement = { at: 'l', here: left, brought: right };
  const atRight: Placement = { at: 'r', here: right, brought: left };
  const repeated = mayRepeat[type];
  const isFull = type === 'full' || type === 'right';
  return [
    ...(repeated.includes('r') || (isFull && left.tasks === 1) ? [atLeft] : []),
    ...(repeated.includes('l') || (type === 'full' && right.tasks === 1) ? [atRight] : []),
  ];
}

/** Single tasks on both sides are one task; else small files may be read more than once. */
function isReadAnew({ here, brought }: Placement, { context }: Build): boolean {
  if (brought.tasks !== 1 || brought.steps.length > 0) return false;
  if (here.tasks === 1) return true;
  const isFiles = brought.inputs.every(({ kind }) => kind === 'splits');
  // Each task reads the whole file, whatever a filter leaves of it.
  const { bytes, share = 1 } = brought.size;
  return isFiles && brought.traits.deterministic && bytes / share <= context.config.rereadBytesMax;
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

const words: Readonly<Record<JoinType, string>> = {
  inner: 'JOIN',
  left: 'LEFT JOIN',
  right: 'RIGHT JOIN',
  full: 'FULL JOIN',
  semi: 'SEMI JOIN',
  anti: 'ANTI JOIN',
  asof: 'ASOF JOIN',
  asofLeft: 'ASOF LEFT JOIN',
};

/** As it reads with its sides exchanged: `r LEFT JOIN l` is `l RIGHT JOIN r`. The others have no such form. */
const flipped: Partial<Readonly<Record<JoinType, JoinType>>> = {
  inner: 'inner',
  left: 'right',
  right: 'left',
  full: 'full',
};

/** The fragment at whose tasks the join runs goes on with it; the other one is a subquery in it. */
function joined(
  { at, here, brought }: Placement,
  { operator, schema }: BoundOf<'join'>,
  kind?: JoinChoice['kind'],
  comparisons?: JoinKeys['comparisons'],
): Fragment {
  const { type, condition, columns } = operator;
  const other = at === 'l' ? undefined : flipped[type];
  const relation = { [at]: asRelation(here.query), [at === 'l' ? 'r' : 'l']: asRelation(brought.query) };
  const [first, second] = other === undefined ? ['l', 'r'] : ['r', 'l'];
  const from = `${relation[first ?? '']} AS ${first} ${words[other ?? type]} ${relation[second ?? '']} AS ${second} ON (${condition.sql})`;
  const deterministic = here.traits.deterministic && brought.traits.deterministic && !condition.volatile;
  const label = type === 'inner' ? 'join' : `${type} join`;
  return {
    ...here,
    inputs: [...here.inputs, ...brought.inputs],
    query: { from, where: [], columns: columns.map((column) => ({ name: column.name, sql: columnSql(column) })) },
    schema,
    labels: [...here.labels, brought.labels.length === 0 ? label : `${label} (${brought.labels.join(' → ')})`],
    notes: [...here.notes, ...brought.notes],
    // Under memory pressure a join goes to disk by parts, and its rows come out in another order.
    traits: {
      ...withoutUnique(here.traits),
      deterministic,
      ordered: false,
      rowwise: false,
      ...(keptSides[type].includes(at)
        ? passed(here.traits.partitionedBy, asTheyAre(columns.filter(({ side }) => side === at)))
        : {}),
    },
    size: joinedSize(operator, here, brought, schema.length),
    joins: [...(here.joins ?? []), ...(brought.joins ?? []), ...(kind === undefined ? [] : [choice(kind)])],
  };

  function choice(kind: JoinChoice['kind']): JoinChoice {
    const names = (fragment: Fragment): string[] => fragment.inputs.map(({ name }) => name);
    const [left, right] = at === 'l' ? [here, brought] : [brought, here];
    const sent = at === 'l' ? 'right' : 'left';
    const plain = kind === 'hash' ? (['left', 'right'] as const) : isBare(brought.query) ? ([sent] as const) : [];
    const how = comparisons === undefined ? {} : { comparisons };
    return { kind, plain, type, left: names(left), right: names(right), ...how };
  }
}

const columnSql = ({ name: column, side }: JoinColumn): string =>
  side === 'both' ? `COALESCE(l.${name(column)}, r.${name(column)})` : `${side}.${name(column)}`;

/**
 * As if the larger side's rows had one partner each in the whole of the other's table, as orders have a customer: where
 * filters have left a share of that, the same share of them remains.
 */
function joinedSize({ type, implied }: OperatorOf<'join'>, here: Fragment, brought: Fragment, columns: number): Size {
  const { unsure: _, ...size } = joinedRows(type, here.size, brought.size, implied);
  const isUnsure = here.size.unsure || (brought.size.unsure && keptByAll.has(type));
  const isHalf = type === 'semi' || type === 'anti';
  const all = here.schema.length + (isHalf ? 0 : brought.schema.length);
  const kept = Math.min(here.size.kept ?? 1, brought.size.kept ?? 1) * (columns / Math.max(1, all));
  return { ...size, kept, ...(isUnsure && { unsure: true }) };
}

/** Joins in which a row needs both sides. */
const keptByAll: ReadonlySet<JoinType> = new Set(['inner', 'semi', 'asof']);

function joinedRows(type: JoinType, here: Size, brought: Size, implied = false): Size {
  const { share = 1 } = brought;
  // The join that implies it must not count the same share once more.
  if (type === 'semi') return { ...filteredSize(here, share), ...(implied && { share: here.share ?? 1 }) };
  if (type === 'anti') return here;
  const [large, small] = here.rows >= brought.rows ? [here, brought] : [brought, here];
  // Where rows are not counted, as in text, all is kept and the other side comes on top.
  const isCounted = here.rows > 0 && brought.rows > 0;
  const bytes = isCounted
    ? large.rows * (here.bytes / here.rows + brought.bytes / brought.rows)
    : here.bytes + brought.bytes;
  const all: Size = { ...large, bytes };
  return type === 'inner' ? filteredSize(all, small.share ?? 1) : all;
}
