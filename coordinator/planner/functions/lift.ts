import type { AstNode } from '../../../shared/sql/ast.ts';
import { type Bound, type BoundOf, inputOf } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { hasCall, type SqlFunctions } from './calls.ts';
import { liftAggregate } from './lift-aggregate.ts';
import { liftJoin } from './lift-join.ts';
import { conjuncts, Lifting } from './lifting.ts';

/**
 * Takes the calls of TypeScript functions out of the expressions of a bound plan: each becomes a step before the
 * operator that uses its value, so that what is left is DuckDB's.
 *
 * @throws SheafError `SQL_INVALID` for arguments of other types, `NOT_SUPPORTED` where a call cannot be made before
 */
export const liftFunctions = (bound: Bound, functions: SqlFunctions, context: PlanContext): Bound =>
  functions.size === 0 ? bound : new Walk(functions, context).lift(bound);

/** From the inputs up, each shared one once. */
class Walk {
  readonly #lifting: Lifting;
  readonly #functions: SqlFunctions;
  readonly #known = new WeakMap<Bound, Bound>();

  constructor(functions: SqlFunctions, context: PlanContext) {
    this.#lifting = new Lifting(functions, context);
    this.#functions = functions;
  }

  lift(bound: Bound): Bound {
    const lifted = this.#known.get(bound) ?? this.#lift(bound);
    this.#known.set(bound, lifted);
    return lifted;
  }

  #lift(bound: Bound): Bound {
    if (bound.operator.kind === 'filter') return this.#filters(bound as BoundOf<'filter'>);
    if (isStep(bound)) return this.#step(bound);
    const inputs = bound.inputs.map((input) => this.lift(input));
    const isSame = inputs.every((input, i) => input === bound.inputs[i]);
    const below = isSame ? bound : { ...bound, inputs };
    const { kind } = bound.operator;
    if (kind === 'project') return this.#project(below as BoundOf<'project'>);
    if (kind === 'window') return this.#window(below as BoundOf<'window'>);
    if (kind === 'join') return liftJoin(below as BoundOf<'join'>, this.#lifting);
    return kind === 'aggregate' ? liftAggregate(below as BoundOf<'aggregate'>, this.#lifting) : below;
  }

  #step(bound: BoundOf<'step'>): Bound {
    const input = this.lift(bound.operator.input);
    return input === bound.operator.input ? bound : { ...bound, operator: { ...bound.operator, input } };
  }

  /** In a chain of filters, conditions without a call come first. */
  #filters(bound: BoundOf<'filter'>): Bound {
    const all: AstNode[] = [];
    let bottom: Bound = bound;
    for (; isFilter(bottom); bottom = inputOf(bottom)) all.push(...conjuncts(bottom.operator.predicate.tree));
    const below = this.lift(bottom);
    const called = all.filter((tree) => hasCall(tree, this.#functions));
    const plain = all.filter((tree) => !called.includes(tree));
    const before = plain.length === 0 ? below : this.#lifting.filtered(below, plain);
    if (called.length === 0) return before;
    const { input, trees } = this.#lifting.scalars(before, called);
    return this.#lifting.cut(this.#lifting.filtered(input, trees), bound.schema);
  }

  #project(bound: BoundOf<'project'>): Bound {
    const { columns } = bound.operator;
    if (!columns.some(({ tree }) => hasCall(tree, this.#functions))) return bound;
    const { input, trees } = this.#lifting.scalars(
      inputOf(bound),
      columns.map(({ tree }) => tree),
    );
    const list = bound.schema.map(({ name, type }, i) => ({ name, type, tree: trees[i] ?? {} }));
    return this.#lifting.project(input, list);
  }

  #window(bound: BoundOf<'window'>): Bound {
    const { columns } = bound.operator;
    if (!columns.some(({ tree }) => hasCall(tree, this.#functions))) return bound;
    const { input, trees } = this.#lifting.scalars(
      inputOf(bound),
      columns.map(({ tree }) => tree),
    );
    const lifted = columns.map(({ name }, i) => this.#lifting.column(name, trees[i] ?? {}));
    const added = bound.schema.slice(-columns.length);
    const windowed: Bound = {
      operator: { kind: 'window', columns: lifted },
      schema: [...input.schema, ...added],
      inputs: [input],
    };
    return this.#lifting.cut(windowed, bound.schema);
  }
}

const isStep = (bound: Bound): bound is BoundOf<'step'> => bound.operator.kind === 'step';
const isFilter = (bound: Bound): bound is BoundOf<'filter'> => bound.operator.kind === 'filter';
