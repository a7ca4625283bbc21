import type { JoinType } from '../../../../../shared/plan/nodes/join.ts';
import type { AstNode } from '../../../../../shared/sql/ast.ts';
import { isVolatile } from '../../../expressions/volatile.ts';
import { type Attaching, filterBy, joinBy } from '../conjuncts.ts';
import { columnsIn } from '../names/resolver.ts';
import type { Sides, Unit } from './unit.ts';

/** The side whose rows without a match are not kept. */
export const filteredSide = (type: JoinType): keyof Sides | undefined =>
  type === 'full' || type === 'asof' || type === 'asofLeft' ? undefined : type === 'right' ? 'left' : 'right';

/** Conditions on the side alone whose rows need not all be kept are asked before the join. */
export function outerJoin(type: JoinType, sides: Sides, trees: readonly AstNode[], { context }: Attaching): Unit {
  const { left, right } = sides;
  const { dialect } = context;
  const side = filteredSide(type);
  const early = side && sides[side];
  const isEarly = (tree: AstNode): boolean => {
    const names = [...columnsIn(tree)];
    return (
      names.length > 0 &&
      early !== undefined &&
      !isVolatile(dialect, tree) &&
      names.every((name) => early.names.has(name))
    );
  };
  const before = trees.filter(isEarly);
  const on = trees.filter((tree) => !isEarly(tree));
  const plans = [left, right].map((unit) => (unit === early ? filterBy(unit.plan, before, dialect) : unit.plan));
  const [l = left.plan, r = right.plan] = plans;
  const names = type === 'semi' || type === 'anti' ? left.names : new Set([...left.names, ...right.names]);
  return { plan: joinBy(type, l, r, on, dialect), names };
}
