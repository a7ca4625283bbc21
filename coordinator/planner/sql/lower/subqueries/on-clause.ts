import { type AstNode, find, isNode } from '../../../../../shared/sql/ast.ts';
import { type Attachment, applyConjunct, attachTo, treesOf } from '../conjuncts.ts';
import type { Sides, Unit } from '../joins/unit.ts';
import { NotDistributed } from '../names/names.ts';
import { columnsIn, resolveTree } from '../names/resolver.ts';
import { lowerCondition } from './conditions.ts';
import type { Site } from './site.ts';
import { subqueryValue } from './values.ts';

export const hasSubquery = (tree: AstNode): boolean => find(tree, ({ class: kind }) => kind === 'SUBQUERY').length > 0;

/** The sides of a join with what the subqueries of its conditions need beside them, and the conditions over both. */
interface OnSides extends Sides {
  readonly trees: readonly AstNode[];
}

/**
 * Conditions of a join that keeps rows without a match, where they have subqueries. What speaks of the side alone whose rows
 * need not all be kept is a filter of that side. Of others, each value stands beside the rows of the side that it speaks of:
 * that leaves the rows as they are, whatever the join keeps.
 *
 * @param early the side that conditions may filter
 * @param site over both sides
 * @throws NotDistributed where a value speaks of both sides: DuckDB has no such joins either
 */
export function onSides(trees: readonly AstNode[], sides: Sides, early: keyof Sides | undefined, site: Site): OnSides {
  return trees.reduce<OnSides>((on, tree) => withCondition(on, tree, early, site), { ...sides, trees: [] });
}

function withCondition(on: OnSides, tree: AstNode, early: keyof Sides | undefined, site: Site): OnSides {
  if (early !== undefined) {
    const condition = lowerCondition(tree, site);
    const { [early]: unit } = on;
    if (condition.names.size > 0 && isWithin(condition.names, unit))
      return { ...on, [early]: { ...unit, plan: applyConjunct(unit.plan, condition, site.lowering) } };
  }
  const { left, right } = tree;
  if (tree.class !== 'COMPARISON' || !isNode(left) || !isNode(right)) {
    const { value, ...placed } = withValue(on, tree, site);
    return { ...placed, trees: [...on.trees, value] };
  }
  const first = withValue(on, left, site);
  const second = withValue(first, right, site);
  return { ...second, trees: [...on.trees, { ...tree, left: first.value, right: second.value }] };
}

/** The value of an expression that speaks of one side at the most. */
function withValue(sides: Sides, tree: AstNode, site: Site): Sides & { readonly value: AstNode } {
  const attached: Attachment[] = [];
  const subquery = (node: AstNode, child?: AstNode): AstNode => subqueryValue(node, child, site, attached);
  const value = resolveTree(tree, { scope: site.scope, subquery });
  const { left, right } = sides;
  if (attached.length === 0) return { left, right, value };
  const own = new Set(attached.flatMap(({ adds }) => [...adds]));
  const names = [...columnsIn([value, ...attached.flatMap(treesOf)])].filter((name) => !own.has(name));
  const side = (['left', 'right'] as const).find((each) => isWithin(new Set(names), sides[each]));
  if (side === undefined) throw new NotDistributed('a subquery in a join condition speaks of both sides');
  const plan = attachTo(sides[side].plan, attached, site.lowering);
  return { left, right, [side]: { plan, names: new Set([...sides[side].names, ...own]) }, value };
}

const isWithin = (names: ReadonlySet<string>, unit: Unit): boolean => [...names].every((name) => unit.names.has(name));
