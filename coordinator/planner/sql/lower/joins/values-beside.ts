import { type AstNode, isNode } from '../../../../../shared/sql/ast.ts';
import { type Attaching, type Attachment, attachTo, type Conjunct, plainConjunct, treesOf } from '../conjuncts.ts';
import { columnsIn } from '../names/resolver.ts';
import type { Sized } from './unit.ts';

interface Connected {
  readonly units: readonly Sized[];
  readonly conjuncts: readonly Conjunct[];
}

/**
 * `a.x = (SELECT … WHERE y = b.y)` where nothing else connects the two relations: the value stands beside the rows of `b`, so that
 * both meet by an equality. Else all rows would meet all before the condition is asked.
 */
export function valuesBeside(units: readonly Sized[], conjuncts: readonly Conjunct[], lowering: Attaching): Connected {
  return conjuncts.reduce<Connected>((connected, conjunct) => withValue(connected, conjunct, lowering), {
    units,
    conjuncts,
  });
}

function withValue(connected: Connected, conjunct: Conjunct, lowering: Attaching): Connected {
  const { tree, attachments } = conjunct;
  if (attachments.length === 0 || conjunct.volatile || !attachments.every(keepsRows)) return connected;
  const sides = tree === undefined ? undefined : sidesOf(tree, attachments, connected.units);
  const [left, right] = sides ?? [];
  if (tree === undefined || left === undefined || right === undefined) return connected;
  if (reached(left.unit, connected).has(right.unit)) return connected;
  const units = connected.units.map((unit) => {
    const own = [left, right].find((side) => side.unit === unit)?.attachments ?? [];
    const added = own.flatMap(({ adds }) => [...adds]);
    return { ...unit, plan: attachTo(unit.plan, own, lowering), names: new Set([...unit.names, ...added]) };
  });
  const conjuncts = connected.conjuncts.map((other) => (other === conjunct ? plainConjunct(tree, false) : other));
  return { units, conjuncts };
}

/** A value beside each row, as of a scalar subquery; not so semi and anti joins. */
const keepsRows = ({ type, on }: Attachment): boolean => type === 'left' || (type === 'inner' && on.length === 0);

interface Side {
  readonly unit: Sized;
  /** What it takes to have its value. */
  readonly attachments: readonly Attachment[];
}

/** The sides of an equality, where each speaks of one relation. */
function sidesOf(
  { type, left, right }: AstNode,
  attachments: readonly Attachment[],
  units: readonly Sized[],
): readonly [Side, Side] | undefined {
  if (type !== 'COMPARE_EQUAL' || !isNode(left) || !isNode(right)) return undefined;
  const [l, r] = [sideOf(left, attachments, units), sideOf(right, attachments, units)];
  return l === undefined || r === undefined || l.unit === r.unit ? undefined : [l, r];
}

function sideOf(tree: AstNode, attachments: readonly Attachment[], units: readonly Sized[]): Side | undefined {
  const names = new Set(columnsIn(tree));
  // Each may speak of those before it.
  const own = attachments.toReversed().filter((attachment) => {
    const isTaken = [...attachment.adds].some((name) => names.has(name));
    if (isTaken) for (const name of columnsIn(treesOf(attachment))) names.add(name);
    return isTaken;
  });
  const added = new Set(own.flatMap(({ adds }) => [...adds]));
  const taken = [...names].filter((name) => !added.has(name));
  const unit = units.find((each) => taken.length > 0 && taken.every((name) => each.names.has(name)));
  return unit && { unit, attachments: own.toReversed() };
}

/** The relations that equalities connect with one, also by way of others. */
function reached(from: Sized, { units, conjuncts }: Connected): ReadonlySet<Sized> {
  const plain = conjuncts.filter(({ volatile, attachments }) => !volatile && attachments.length === 0);
  const pairs = plain.flatMap(({ tree }) => {
    const sides = tree && sidesOf(tree, [], units);
    return sides === undefined ? [] : [sides.map(({ unit }) => unit)];
  });
  const found = new Set([from]);
  for (const unit of found)
    for (const pair of pairs) if (pair.includes(unit)) for (const other of pair) found.add(other);
  return found;
}
