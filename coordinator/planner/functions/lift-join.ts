import type { Schema } from '../../../shared/schema.ts';
import type { AstNode } from '../../../shared/sql/ast.ts';
import { columnNames } from '../bind/describe.ts';
import type { Bound, BoundOf } from '../bound/plan.ts';
import { namesIn, parseExpression } from '../expressions/tree.ts';
import { hasScalar, innermostCalls, replaceCall } from './calls.ts';
import { joinByPairs } from './join-by-pairs.ts';
import { conjunction, conjuncts, type Lifting } from './lifting.ts';

/**
 * Calls over one side are made there; a condition over both is asked after an inner join, and for other joins of the
 * pairs of values that it compares: see `joinByPairs`.
 */
export function liftJoin(bound: BoundOf<'join'>, lifting: Lifting): Bound {
  const all = conjuncts(bound.operator.condition.tree);
  if (!all.some((tree) => hasScalar(tree, lifting.functions))) return bound;
  const sides = new Sides(bound.inputs as [Bound, Bound], lifting);
  const trees = all.map((tree) => sides.lift(tree));
  const [on, after] = [trees.filter((tree) => !sides.isLeft(tree)), trees.filter((tree) => sides.isLeft(tree))];
  if (after.length > 0 && bound.operator.type !== 'inner')
    return joinByPairs(bound, sides.inputs, { on, after }, lifting);
  const tree = on.length === 0 ? parseExpression(lifting.context.dialect, 'true') : conjunction(on);
  const operator = { ...bound.operator, condition: lifting.expression(tree) };
  const joined: Bound = { ...bound, operator, inputs: sides.inputs };
  if (after.length === 0) return joined;
  const lifted = lifting.scalars(joined, after);
  return lifting.cut(lifting.filtered(lifted.input, lifted.trees), bound.schema);
}

/** The inputs of a join with what was called over each of them. */
class Sides {
  inputs: readonly [Bound, Bound];
  readonly #lifting: Lifting;

  constructor(inputs: readonly [Bound, Bound], lifting: Lifting) {
    this.inputs = inputs;
    this.#lifting = lifting;
  }

  /** The condition without the calls that can be made over one side; inner calls first. */
  lift(tree: AstNode): AstNode {
    for (const call of innermostCalls([tree], this.#lifting.functions)) {
      const at = this.inputs.findIndex(({ schema }) => speaksOf(call, schema));
      const side = this.inputs[at];
      if (side === undefined) continue;
      const { input, trees } = this.#lifting.scalars(side, [call]);
      this.inputs = at === 0 ? [input, this.inputs[1]] : [this.inputs[0], input];
      const [lifted = tree] = replaceCall([tree], call, trees[0] ?? {}, this.#lifting.functions);
      return this.lift(lifted);
    }
    return tree;
  }

  /** Whether calls are left in it. */
  isLeft(tree: AstNode): boolean {
    return hasScalar(tree, this.#lifting.functions);
  }
}

function speaksOf(call: AstNode, schema: Schema): boolean {
  const names = columnNames(schema);
  return [...namesIn(call)].every((name) => names.has(name));
}
