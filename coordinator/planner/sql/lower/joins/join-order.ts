import type { PlanNode } from '../../../../../shared/plan/node.ts';
import { type AstNode, isNode } from '../../../../../shared/sql/ast.ts';
import {
  type Attaching,
  applyConjunct,
  type Conjunct,
  filterBy,
  impliedFor,
  isDependent,
  joinBy,
} from '../conjuncts.ts';
import { columnsIn } from '../names/resolver.ts';
import { estimateRows } from './estimate.ts';
import { withImplied } from './implied-joins.ts';
import type { Sized, Unit } from './unit.ts';
import { valuesBeside } from './values-beside.ts';

/**
 * Joins the relations under their conditions. Each condition is asked as early as its columns are there. The largest
 * relation is joined with those that equalities connect to it: first those that leave out rows, smaller ones before larger
 * ones, then whole tables, in which every row has a partner as a rule. Each of them has before been joined with what is
 * connected only through it (a star or snowflake around its fact table). What nothing connects comes last.
 */
export function joinUnits(units: readonly Unit[], conjuncts: readonly Conjunct[], lowering: Attaching): PlanNode {
  const [only, ...more] = units;
  if (only === undefined) throw new RangeError('nothing to join');
  const late = more.length === 0 ? [] : conjuncts.filter((conjunct) => isLate(conjunct, units, conjuncts, lowering));
  const early = conjuncts.filter((conjunct) => !late.includes(conjunct));
  const shared = early.filter((conjunct) => !units.some((unit) => isOf(conjunct, unit)));
  const sized = units
    .map((unit) => filtered(unit, early, more.length === 0 ? [] : shared, lowering))
    // One that stands alone comes first however large it is: no sample is taken for that.
    .map((unit) => ({ ...unit, rows: more.length === 0 ? 0 : estimateRows(unit.plan, lowering.context) }))
    .toSorted((a, b) => b.rows - a.rows);
  const connected = valuesBeside(sized, shared, lowering);
  const implied = withImplied(connected.units, connected.conjuncts, lowering.context);
  return new Ordering(implied, [...connected.conjuncts, ...late], lowering).join();
}

/** EXISTS over as many rows as its relation has hardly rules one out: other joins first make fewer of them. */
function isLate(
  conjunct: Conjunct,
  units: readonly Unit[],
  conjuncts: readonly Conjunct[],
  lowering: Attaching,
): boolean {
  const { attachments } = conjunct;
  const unit = units.find((unit) => isOf(conjunct, unit));
  const isHalf = attachments.length > 0 && attachments.every(({ type }) => type === 'semi' || type === 'anti');
  if (unit === undefined || !isHalf) return false;
  const plain = conjuncts.filter((other) => other.attachments.length === 0);
  const rows = estimateRows(filtered(unit, plain, [], lowering).plan, lowering.context);
  return attachments.every(({ right }) => isDependent(right) || estimateRows(right, lowering.context) >= rows);
}

const holds = (names: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean =>
  [...wanted].every((name) => names.has(name));

/** Speaks of this relation alone. */
const isOf = ({ names, volatile }: Conjunct, unit: Unit): boolean =>
  !volatile && names.size > 0 && holds(unit.names, names);

/** More conditions on one relation are one filter: operators may not be nested so deep. */
const conditionsMax = 64;

/** The relation under all conditions that speak of it alone, those first that need nothing beside it. */
function filtered(
  unit: Unit,
  conjuncts: readonly Conjunct[],
  shared: readonly Conjunct[],
  lowering: Attaching,
): Omit<Sized, 'rows'> {
  const { dialect } = lowering.context;
  const own = conjuncts.filter((conjunct) => isOf(conjunct, unit));
  const plain = own.filter(({ attachments }) => attachments.length === 0);
  const implied = shared
    .filter(({ volatile, attachments }) => !volatile && attachments.length === 0)
    .map(({ tree }) => tree && impliedFor(tree, (branch) => isOwn(branch, unit)));
  const trees = [...plain.map(({ tree }) => tree), ...implied].filter((tree) => tree !== undefined);
  // One by one, conditions may move to different places; a text that a program wrote may have thousands.
  const steps = trees.length > conditionsMax ? [trees] : trees.map((tree) => [tree]);
  const first = steps.reduce((input, step) => filterBy(input, step, dialect), unit.plan);
  const plan = own
    .filter(({ attachments }) => attachments.length > 0)
    .reduce((input, conjunct) => applyConjunct(input, conjunct, lowering), first);
  return { ...unit, plan, isFiltered: plan !== unit.plan };
}

/** Tables without a filter. */
function isWhole(plan: PlanNode): boolean {
  if (plan.kind === 'project') return isWhole(plan.input);
  if (plan.kind === 'join') return plan.type === 'inner' && isWhole(plan.left) && isWhole(plan.right);
  return plan.kind === 'scan';
}

const isOwn = (tree: AstNode, unit: Unit): boolean => {
  const names = columnsIn(tree);
  return names.size > 0 && holds(unit.names, names);
};

/** Those first that leave out rows, smaller ones before larger ones. */
const byGain = (a: Sized, b: Sized): number => Number(isWhole(a.plan)) - Number(isWhole(b.plan)) || a.rows - b.rows;

/** Each relation's neighbour on the way to the root of its tree. */
type Parents = ReadonlyMap<Sized, Sized | undefined>;

interface Subtree {
  readonly joined: Sized;
  /** Tables that are joined when the whole tree is. */
  readonly late: readonly Sized[];
}

class Ordering {
  readonly #units: readonly Sized[];
  readonly #lowering: Attaching;
  #open: readonly Conjunct[];

  constructor(units: readonly Sized[], open: readonly Conjunct[], lowering: Attaching) {
    this.#units = units;
    this.#open = open;
    this.#lowering = lowering;
  }

  join(): PlanNode {
    const parents = this.#spanningTree();
    const [first, ...others] = this.#units.filter((unit) => parents.get(unit) === undefined);
    if (first === undefined) throw new RangeError('nothing to join');
    const joined = others
      .map((root) => this.#tree(root, parents))
      .reduce((left, right) => this.#pair(left, right), this.#tree(first, parents));
    // What is left speaks of no column, asks chance, or needs more beside it.
    const last = this.#open.toSorted((a, b) => a.attachments.length - b.attachments.length);
    return last.reduce((input, conjunct) => applyConjunct(input, conjunct, this.#lowering), joined.plan);
  }

  /** Each relation's neighbour on the shortest way to the largest relation of its kind. */
  #spanningTree(): Parents {
    const parents = new Map<Sized, Sized | undefined>();
    for (const root of this.#units) {
      if (parents.has(root)) continue;
      parents.set(root, undefined);
      const queue = [root];
      for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) {
        for (const other of this.#units) {
          if (parents.has(other) || !this.#areEqual(unit, other)) continue;
          parents.set(other, unit);
          queue.push(other);
        }
      }
    }
    return parents;
  }

  #areEqual(a: Unit, b: Unit): boolean {
    return this.#open.some(({ tree, volatile, attachments }) => {
      if (tree?.type !== 'COMPARE_EQUAL' || volatile || attachments.length > 0) return false;
      const { left, right } = tree;
      if (!isNode(left) || !isNode(right)) return false;
      return (isOwn(left, a) && isOwn(right, b)) || (isOwn(left, b) && isOwn(right, a));
    });
  }

  #tree(root: Sized, parents: Parents): Sized {
    const { joined, late } = this.#subtree(root, parents);
    return late.toSorted(byGain).reduce((left, right) => this.#pair(left, right), joined);
  }

  /** A relation with what hangs on it, but for whole tables that are larger: these would only make its rows wider. */
  #subtree(root: Sized, parents: Parents): Subtree {
    const below = this.#units
      .filter((unit) => parents.get(unit) === root)
      .map((child) => this.#subtree(child, parents));
    const children = below.map(({ joined }) => joined);
    const isLate = (child: Sized): boolean =>
      parents.get(root) !== undefined && isWhole(child.plan) && child.rows > root.rows;
    const joined = children
      .filter((child) => !isLate(child))
      .toSorted(byGain)
      .reduce((left, right) => this.#pair(left, right), root);
    return { joined, late: [...below.flatMap(({ late }) => late), ...children.filter(isLate)] };
  }

  #pair(left: Sized, right: Sized): Sized {
    const { dialect } = this.#lowering.context;
    const names = new Set([...left.names, ...right.names]);
    const isAsked = (conjunct: Conjunct): boolean =>
      isOf(conjunct, { names, plan: left.plan }) && conjunct.attachments.length === 0;
    const on = this.#open.filter(isAsked).flatMap(({ tree }) => (tree === undefined ? [] : [tree]));
    this.#open = this.#open.filter((conjunct) => !isAsked(conjunct));
    const plan = joinBy('inner', left.plan, right.plan, on, dialect);
    return { names, plan, rows: Math.max(left.rows, right.rows), isFiltered: left.isFiltered || right.isFiltered };
  }
}
