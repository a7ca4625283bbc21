import type { StageSpec } from '../../../shared/stage/stage.ts';
import { alike, cutInputs, type Draft, partitionsOf, sizeText } from './draft.ts';

/** Where rows were to be cut into ranges to be sorted and are few: one task reads them as they are. */
export function readWhole(draft: Draft): void {
  for (const spec of draft.pending.values()) {
    const { whole } = draft.choicesOf(spec.id);
    const sizes = whole && draft.sizes(whole.from);
    if (whole === undefined || sizes === undefined || sizes.bytes >= whole.bytesMax) continue;
    if (!sortWhole(spec, partitionsOf(draft.stage(whole.from).output), draft)) continue;
    draft.note(spec.id, 'whole', `${sizeText(sizes.bytes)} are sorted in one task`);
  }
}

/**
 * Has the stage read all partitions of what the ranges would be made of, in one task, if it reads nothing else by
 * partition.
 *
 * @returns whether it does
 */
export function sortWhole(spec: StageSpec, partitions: number, draft: Draft): boolean {
  const { whole, ...choices } = draft.choicesOf(spec.id);
  if (whole === undefined || cutInputs(spec).length !== 1) return false;
  const perTask = [{ from: 0, to: partitions }];
  const changed = spec.inputs.map((input) =>
    input.kind === 'exchange' && input.name === whole.name ? { ...input, from: whole.from, perTask } : input,
  );
  const inputs = alike(changed, 1);
  if (inputs === undefined) return false;
  draft.pending.set(spec.id, { ...spec, inputs, tasks: 1 });
  draft.choices.set(spec.id, choices);
  return true;
}
