import type { JoinType } from '../../../../shared/plan/nodes/join.ts';
import { quotedName } from '../../../../shared/sql/text.ts';
import type { JoinColumn, OperatorOf } from '../../bound/plan.ts';
import type { Build } from '../../stages/build.ts';
import { mayLeaveOut, mayRepeat } from '../../stages/choices.ts';
import type { Fragment } from '../../stages/fragment.ts';
import { liesInOrder } from '../ranges/in-ranges.ts';
import type { JoinKeys } from './keys.ts';

type Side = 'l' | 'r';

/** Which side's tasks a join runs in, and the other side, which is brought there. */
export interface Placement {
  readonly at: Side;
  readonly here: Fragment;
  readonly brought: Fragment;
}

/** The preferred one first. In a single task, either side may be brought to the other. */
export function placementsOf(type: JoinType, left: Fragment, right: Fragment): Placement[] {
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
export function isReadAnew({ here, brought }: Placement, { context }: Build): boolean {
  if (brought.tasks !== 1 || brought.steps.length > 0) return false;
  if (here.tasks === 1) return true;
  const isFiles = brought.inputs.every(({ kind }) => kind === 'splits');
  // Each task reads the whole file, whatever a filter leaves of it.
  const { bytes, share = 1 } = brought.size;
  return isFiles && brought.traits.deterministic && bytes / share <= context.config.rereadBytesMax;
}

/**
 * The placement whose other side is to be sent whole to every task: the cheapest of those that are small enough, if to
 * hash both sides costs more, or cannot be done; the other one, if its rows stay in an order that spares more.
 */
export function worthSending(
  placements: readonly Placement[],
  keys: JoinKeys,
  { type, columns }: OperatorOf<'join'>,
  build: Build,
): Placement | undefined {
  const { config, slots } = build.context;
  const small = placements.filter(({ brought }) => brought.size.bytes <= config.broadcastBytesMax);
  const [cheapest, dearer] = small.toSorted((a, b) => builtBytes(a, slots) - builtBytes(b, slots));
  if (cheapest === undefined || keys.left.length === 0) return cheapest;
  const isWorth = (each: Placement): boolean => isAffordable(each, build) && !isReducible(each, keys, type);
  if (!isWorth(cheapest)) return undefined;
  const isFar = dearer === undefined || dearer.brought.size.bytes > orderWorth * cheapest.brought.size.bytes;
  const stays = (each: Placement): boolean => staysInOrder(each, columns, build);
  return !isFar && isWorth(dearer) && !stays(cheapest) && stays(dearer) ? dearer : cheapest;
}

/** To hash both sides costs more. */
function isAffordable(placement: Placement, { context: { config, slots } }: Build): boolean {
  const spreadBytes = (placement.here.size.bytes + placement.brought.size.bytes) / Math.max(1, slots);
  // To hash little takes a stage for nothing.
  return builtBytes(placement, slots) <= Math.max(spreadCost * spreadBytes, config.taskBytesMin);
}

/** So many times the bytes may be sent so that rows stay in the order of files. */
const orderWorth = 4;

/**
 * Whether its rows stay where files lie in the order of a column that the join passes on: what joins, groups or sorts by
 * that may exchange nothing.
 */
function staysInOrder({ at, here }: Placement, columns: readonly JoinColumn[], build: Build): boolean {
  const passedOn = columns.filter(({ side }) => side === at).map(({ name }) => name);
  return liesInOrder(here, passedOn, build);
}

/**
 * What is brought is made of rows that have met by the join's own keys, and few of them have a partner: if both sides
 * are hashed, those without are left out before they meet.
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
