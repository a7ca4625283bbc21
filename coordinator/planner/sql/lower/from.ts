import type { JoinType } from '../../../../shared/plan/nodes/join.ts';
import { type AstNode, isNode, textsOf } from '../../../../shared/sql/ast.ts';
import { isVolatile } from '../../volatile.ts';
import type { CommonTables } from './common-tables.ts';
import { type Conjunct, conjunctsOf, filterBy, joinBy, plainConjunct } from './conjuncts.ts';
import { joinUnits, type Unit } from './join-order.ts';
import { joinedScope, oneOf, sharedNames } from './join-scope.ts';
import { NotDistributed } from './names.ts';
import { lowerRelation } from './relation.ts';
import { columnsIn, resolveTree } from './resolver.ts';
import { type Scope, scopeOf } from './scope.ts';
import type { Lowering } from './types.ts';

/** A FROM clause: relations that inner joins connect in any order, and what names mean over them. */
export interface From {
  readonly scope: Scope;
  readonly units: readonly Unit[];
  readonly conjuncts: readonly Conjunct[];
}

/** @throws NotDistributed */
export function lowerFrom(reference: AstNode, tables: CommonTables, lowering: Lowering): From {
  if (reference.sample != null) throw new NotDistributed('it takes a sample');
  if (reference.type === 'JOIN') return lowerJoin(reference, tables, lowering);
  const { plan, relation } = lowerRelation(reference, tables, lowering);
  const names = new Set(relation.columns.map(({ internal }) => internal.toLowerCase()));
  return { scope: scopeOf(relation), units: [{ plan, names }], conjuncts: [] };
}

function lowerJoin(join: AstNode, tables: CommonTables, lowering: Lowering): From {
  if (!isNode(join.left) || !isNode(join.right)) throw new NotDistributed('it has a join of another form');
  const kind = String(join.ref_type);
  if (!['REGULAR', 'CROSS', 'NATURAL', 'ASOF'].includes(kind))
    throw new NotDistributed(`it has a join of the kind ${kind}`);
  const type = (kind === 'ASOF' ? asofTypes : joinTypes)[String(join.join_type)];
  if (type === undefined) throw new NotDistributed(`it has a join of the type ${String(join.join_type)}`);
  const left = lowerFrom(join.left, tables, lowering);
  const right = lowerFrom(join.right, tables, lowering);
  const using = kind === 'NATURAL' ? sharedNames(left.scope, right.scope) : textsOf(join.using_columns);
  const equal = using.map((name, i) => {
    // ASOF … USING (a, b): the last one is the inequality.
    const type = kind === 'ASOF' && i === using.length - 1 ? 'COMPARE_GREATERTHANOREQUALTO' : 'COMPARE_EQUAL';
    return comparison(type, oneOf(name, left.scope), oneOf(name, right.scope));
  });
  const scope = joinedScope(type, left.scope, right.scope, using);
  const both = joinedScope('inner', left.scope, right.scope, using);
  const condition = isNode(join.condition) ? conjunctsOf(inScope(join.condition, both)) : [];
  const trees = [...equal, ...condition];
  const { dialect } = lowering.context;
  if (type === 'inner') {
    const added = trees.map((tree) => plainConjunct(tree, isVolatile(dialect, tree)));
    const conjuncts = [...left.conjuncts, ...right.conjuncts, ...added];
    return { scope, units: [...left.units, ...right.units], conjuncts };
  }
  return {
    scope,
    units: [outerJoin(type, whole(left, lowering), whole(right, lowering), trees, lowering)],
    conjuncts: [],
  };
}

export const joinTypes: Readonly<Record<string, JoinType>> = {
  INNER: 'inner',
  LEFT: 'left',
  RIGHT: 'right',
  OUTER: 'full',
  FULL: 'full',
  SEMI: 'semi',
  ANTI: 'anti',
};

const inScope = (tree: AstNode, scope: Scope): AstNode =>
  resolveTree(tree, {
    scope,
    subquery: () => {
      throw new NotDistributed('it has a subquery in a join condition');
    },
  });

const asofTypes: Readonly<Record<string, JoinType>> = { INNER: 'asof', LEFT: 'asofLeft' };

const comparison = (type: string, left: AstNode, right: AstNode): AstNode => ({
  class: 'COMPARISON',
  type,
  alias: '',
  left,
  right,
});

/** A side of an outer join is joined in itself before. */
function whole({ units, conjuncts }: From, { context }: Lowering): Unit {
  const names = new Set(units.flatMap((unit) => [...unit.names]));
  return { plan: joinUnits(units, conjuncts, context), names };
}

/** Conditions on the side alone whose rows need not all be kept are asked before the join. */
function outerJoin(type: JoinType, left: Unit, right: Unit, trees: readonly AstNode[], { context }: Lowering): Unit {
  const { dialect } = context;
  const early = type === 'full' || type === 'asof' || type === 'asofLeft' ? undefined : type === 'right' ? left : right;
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
