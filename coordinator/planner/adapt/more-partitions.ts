import type { Partitioning } from '../../../shared/stage/output.ts';
import type { StageSpec } from '../../../shared/stage/stage.ts';
import { wholeRounds } from '../stages/pack.ts';
import { cutInputs, type Draft, partitionsOf, producersOf } from './draft.ts';

/**
 * A stage whose inputs turned out larger than was thought writes more partitions. All that is read beside it by one
 * stage must have as many: the first of them to begin decides.
 */
export function morePartitions(spec: StageSpec, draft: Draft): StageSpec {
  const { output } = spec;
  if (output.kind !== 'exchange' || !isCounted(output.partitioning) || draft.choicesOf(spec.id).asked) return spec;
  const partitions = wanted(spec, draft);
  const before = output.partitioning.partitions;
  if (partitions === before) return spec;
  draft.note(spec.id, 'partitions', `${partitions} partitions are written in place of ${before}`);
  return { ...spec, output: { ...output, partitioning: { ...output.partitioning, partitions } } };
}

type Counted = Extract<Partitioning, { kind: 'hash' | 'roundRobin' }>;
const isCounted = (partitioning: Partitioning): partitioning is Counted =>
  partitioning.kind === 'hash' || partitioning.kind === 'roundRobin';

function wanted(spec: StageSpec, draft: Draft): number {
  const planned = partitionsOf(spec.output);
  const beside = siblingsOf(spec, draft);
  const begun = beside.find(({ id }) => draft.begun.has(id));
  if (begun !== undefined) return partitionsOf(begun.output);
  if (beside.some(({ id }) => draft.choicesOf(id).asked)) return planned;
  const growth = growthOf(spec, draft);
  const grown = wholeRounds(Math.ceil(planned * growth), draft.progress.slots);
  return growth < growthMin ? planned : Math.max(planned, Math.min(grown, draftLimit(draft)));
}

/** Less than this is within what partitions differ by anyway. */
const growthMin = 1.5;

const draftLimit = ({ progress }: Draft): number => progress.limits.plannedPartitionsMax;

/** How many times the estimate its inputs are. */
function growthOf(spec: StageSpec, draft: Draft): number {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const producers = producersOf(spec);
  const planned = sum(producers.map((id) => draft.choicesOf(id).bytes));
  return planned === 0 ? 1 : sum(producers.map((id) => draft.sizes(id)?.bytes ?? 0)) / planned;
}

/** Stages that are read by partition beside it, or beside one of those. */
function siblingsOf(spec: StageSpec, draft: Draft, found: Set<StageSpec> = new Set()): StageSpec[] {
  for (const reader of draft.readersOf(spec.id)) {
    for (const { from } of cutInputs(reader)) {
      const sibling = draft.stage(from);
      if (sibling.id === spec.id || found.has(sibling)) continue;
      found.add(sibling);
      siblingsOf(sibling, draft, found);
    }
  }
  return [...found].filter(({ id }) => id !== spec.id);
}
