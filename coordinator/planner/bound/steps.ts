import { columnReference } from '../expressions/column-reference.ts';
import { type Bound, type BoundOf, inputOf } from './plan.ts';
import { allOf, prune } from './prune.ts';
import { pushDown } from './push-down.ts';

/** A plan whose steps stand apart from their readers: each is planned once. */
export interface SteppedPlan {
  readonly root: Bound;
  /** What the steps that are left stand for, by name. */
  readonly steps: ReadonlyMap<string, Bound>;
}

/**
 * Optimises a bound plan with steps: one that is read once is put in place of its reader's reference; each of the
 * others is optimised by itself, with the columns that all of its readers need together.
 */
export function optimise(bound: Bound): SteppedPlan {
  const reads = readsOf(bound);
  const inlined = (node: Bound): Bound => {
    if (isStep(node) && reads.get(node.operator.name) === 1) return asSeen(inlined(node.operator.input), node);
    return { ...node, inputs: node.inputs.map(inlined) };
  };
  const pushed = pushDown(inlined(bound));
  const root = prune(pushed, allOf(pushed.schema));
  const required = new Map<string, Set<string>>();
  require(root, required);
  const steps = new Map<string, Bound>();
  for (const step of readersFirst(bound, reads)) {
    const { name, input } = step.operator;
    const names = required.get(name);
    if (names === undefined) continue; // what read it was not needed itself
    const pruned = prune(pushDown(inlined(input)), names);
    require(pruned, required);
    steps.set(name, pruned);
  }
  return { root, steps };
}

/** A step may have more columns than its reader sees. */
function asSeen(input: Bound, { schema }: Bound): Bound {
  if (input.schema.length === schema.length) return input;
  return {
    operator: { kind: 'project', columns: schema.map(({ name }) => columnReference(name)) },
    schema,
    inputs: [input],
  };
}

const isStep = (bound: Bound): bound is BoundOf<'step'> => bound.operator.kind === 'step';

/** Steps that a node reads without going through another. */
function* stepsIn(bound: Bound): Generator<BoundOf<'step'>> {
  if (isStep(bound)) yield bound;
  for (const input of bound.inputs) yield* stepsIn(input);
}

/** How often each step is read, what stands for a step being read once. */
function readsOf(bound: Bound): ReadonlyMap<string, number> {
  const reads = new Map<string, number>();
  const count = (part: Bound): void => {
    for (const { operator } of stepsIn(part)) {
      const before = reads.get(operator.name) ?? 0;
      reads.set(operator.name, before + 1);
      if (before === 0) count(operator.input);
    }
  };
  count(bound);
  return reads;
}

/** Steps read more than once, each behind all that read it. */
function readersFirst(bound: Bound, reads: ReadonlyMap<string, number>): readonly BoundOf<'step'>[] {
  const finished = new Map<string, BoundOf<'step'>>();
  const visit = (part: Bound): void => {
    for (const step of stepsIn(part)) {
      const { name, input } = step.operator;
      if (finished.has(name)) continue;
      visit(input);
      finished.set(name, step);
    }
  };
  visit(bound);
  return [...finished.values()].reverse().filter(({ operator }) => (reads.get(operator.name) ?? 0) > 1);
}

/** Notes the columns that a plan reads of steps. */
function require(bound: Bound, required: Map<string, Set<string>>): void {
  for (const { operator, schema } of stepsIn(bound)) {
    const names = required.get(operator.name) ?? new Set();
    for (const name of allOf(schema)) names.add(name);
    required.set(operator.name, names);
  }
}

/** The outputs' plans of a load, with their names. */
export const outputsOf = (bound: BoundOf<'load'>) =>
  bound.operator.load.outputs.map((output, i) => ({ output, input: bound.inputs[i] ?? inputOf(bound) }));
