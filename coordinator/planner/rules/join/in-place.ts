import type { Fragment } from '../../stages/fragment.ts';
import { lyingBy } from '../placement.ts';
import type { JoinKeys } from './keys.ts';

/**
 * A side of a join whose rows lie by the hash of some of its keys already, so that only the other side must come there.
 */
export interface InPlace {
  readonly at: 'l' | 'r';
  /** Positions of those keys among the join's, in the order in which they were hashed. */
  readonly by: readonly number[];
  /** The other side's rows lie alike: nothing is exchanged. */
  readonly isAlike: boolean;
}

/**
 * The side to whose tasks the other may come. A side that is smaller than the other, or of which nobody knows how much
 * is left, is hashed anew all the same: it may turn out so small that it is sent whole or that the other side is
 * filtered by its keys, which spares that one its exchange. So is what a join by hash yields: that may yet be done in
 * another way.
 */
export function inPlace(left: Fragment, right: Fragment, keys: JoinKeys): InPlace | undefined {
  const sides = [placed('l', left, keys.left, right, keys.right), placed('r', right, keys.right, left, keys.left)];
  const able = sides.filter((side) => side !== undefined);
  const alike = able.find(({ isAlike }) => isAlike);
  if (alike !== undefined) return alike;
  const larger = left.size.bytes >= right.size.bytes ? 'l' : 'r';
  return able.find(({ at }) => at === larger);
}

function placed(
  at: InPlace['at'],
  here: Fragment,
  keys: readonly string[],
  other: Fragment,
  otherKeys: readonly string[],
): InPlace | undefined {
  const by = readsOne(here) && !here.size.unsure ? lyingBy(here, keys) : undefined;
  if (by === undefined) return undefined;
  const isLike = readsOne(other) && other.tasks === here.tasks && other.steps.length === 0;
  const lies = isLike ? lyingBy(other, otherKeys) : undefined;
  return { at, by, isAlike: lies?.length === by.length && by.every((position, i) => lies[i] === position) };
}

/** Its rows come by one exchange, as those of groups do. */
const readsOne = ({ inputs }: Fragment): boolean =>
  inputs.filter((input) => input.kind === 'exchange' && input.mode === 'partition').length === 1;
