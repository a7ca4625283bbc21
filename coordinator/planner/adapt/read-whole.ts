import { alike, cutInputs, type Draft, partitionsOf, sizeText } from './draft.ts';

/** Where rows were to be cut into ranges to be sorted and are few: one task reads them as they are. */
export function readWhole(draft: Draft): void {
  for (const spec of draft.pending.values()) {
    const { whole, ...choices } = draft.choicesOf(spec.id);
    const sizes = whole && draft.sizes(whole.from);
    if (whole === undefined || sizes === undefined || sizes.bytes >= whole.bytesMax || cutInputs(spec).length !== 1)
      continue;
    const perTask = [{ from: 0, to: partitionsOf(draft.stage(whole.from).output) }];
    const changed = spec.inputs.map((input) =>
      input.kind === 'exchange' && input.name === whole.name ? { ...input, from: whole.from, perTask } : input,
    );
    const inputs = alike(changed, 1);
    if (inputs === undefined) continue;
    draft.pending.set(spec.id, { ...spec, inputs, tasks: 1 });
    draft.choices.set(spec.id, choices);
    draft.note(spec.id, 'whole', `${sizeText(sizes.bytes)} are sorted in one task`);
  }
}
