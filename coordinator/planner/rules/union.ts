import { quotedName } from '../../../shared/sql/text.ts';
import type { StageInput } from '../../../shared/stage/stage.ts';
import type { BoundOf } from '../bound/plan.ts';
import type { Build } from '../stages/build.ts';
import type { Fragment, Traits } from '../stages/fragment.ts';
import { asRelation } from '../stages/query.ts';

/**
 * All rows of all inputs. In one stage without moving any where that can be: inputs of one task each, or scans, whose
 * tasks then stand one after another, each finding the other inputs empty. Else the rows are spread anew.
 */
export function planUnion(bound: BoundOf<'union'>, build: Build): Fragment {
  const inputs = bound.inputs.map((input) => build.plan(input));
  const isPlain = inputs.every(({ steps }) => steps.length === 0);
  if (isPlain && inputs.every(({ tasks }) => tasks === 1)) return merged(bound, inputs, 1);
  if (isPlain && inputs.every(({ traits, inputs }) => traits.rowwise && inputs.length === 1))
    return sideBySide(bound, inputs);
  const bytes = inputs.reduce((sum, { size }) => sum + size.bytes, 0);
  const partitions = build.partitionsFor(bytes);
  const spread = inputs.map((input) => build.exchange(input, partitioning(partitions), 'union', input.traits.ordered));
  return merged(bound, spread, partitions);
}

const partitioning = (partitions: number) =>
  partitions === 1 ? ({ kind: 'single' } as const) : ({ kind: 'roundRobin', partitions } as const);

/** One fragment whose query unites those of several that have as many tasks. */
function merged({ schema }: BoundOf<'union'>, fragments: readonly Fragment[], tasks: number): Fragment {
  const selects = fragments.map(({ query }) => `SELECT * FROM ${asRelation(query)}`);
  const labels = fragments.map(({ labels }) => labels.join(' → '));
  const columns = schema.map(({ name }) => quotedName(name)).join(', ');
  return {
    inputs: fragments.flatMap(({ inputs }) => inputs),
    steps: [],
    query: { from: `(SELECT * FROM (${selects.join(' UNION ALL ')}) AS u(${columns}))`, where: [] },
    schema,
    tasks,
    labels: [[...new Set(labels)].join(' + '), ...(labels.includes('union') ? [] : ['union'])],
    notes: fragments.flatMap(({ notes }) => notes),
    traits: together(fragments.map(({ traits }) => traits)),
    size: {
      rows: fragments.reduce((sum, { size }) => sum + size.rows, 0),
      bytes: fragments.reduce((sum, { size }) => sum + size.bytes, 0),
    },
  };
}

const together = (traits: readonly Traits[]): Traits => ({
  deterministic: traits.every(({ deterministic }) => deterministic),
  ordered: traits.every(({ ordered }) => ordered),
  rowwise: traits.every(({ rowwise }) => rowwise),
});

/** The tasks of the first input, then those of the second, …: in each, the other inputs have no splits. */
function sideBySide(bound: BoundOf<'union'>, fragments: readonly Fragment[]): Fragment {
  const tasks = fragments.reduce((sum, fragment) => sum + fragment.tasks, 0);
  let before = 0;
  const placed = fragments.map((fragment) => {
    const inputs = fragment.inputs.map((input) => shifted(input, before, tasks));
    before += fragment.tasks;
    return { ...fragment, inputs };
  });
  return merged(bound, placed, tasks);
}

function shifted(input: StageInput, before: number, tasks: number): StageInput {
  const at = (i: number): number => i - before;
  const numbers = Array.from({ length: tasks }, (_, i) => i);
  if (input.kind === 'splits') return { ...input, perTask: numbers.map((i) => input.perTask[at(i)] ?? []) };
  if (input.kind === 'extract') return { ...input, perTask: numbers.map((i) => input.perTask[at(i)] ?? []) };
  if (input.kind === 'dataset') {
    return { ...input, perTask: numbers.map((i) => input.perTask[at(i)] ?? { from: 0, to: 0 }) };
  }
  throw new RangeError('an exchange is not read side by side');
}
