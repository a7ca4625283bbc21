import type { JoinType } from '../../../shared/plan/nodes/join.ts';
import type { StageInput, StageSpec } from '../../../shared/stage/stage.ts';
import type { JoinChoice } from '../stages/choices.ts';
import { type Draft, isNothing, nothing } from './draft.ts';

/** A join has no rows, or only those of one side without a match, if this side has none: then the other is not read. */
const needsRowsOf: Readonly<Record<JoinType, readonly ('left' | 'right')[]>> = {
  inner: ['left', 'right'],
  left: ['left'],
  right: ['right'],
  full: [],
  semi: ['left', 'right'],
  anti: ['left'],
  asof: ['left', 'right'],
  asofLeft: ['left'],
};

/**
 * What only a side without partners would read is not read: stages that nobody reads do not begin. An empty stage that
 * may have rows when it runs again does not count.
 */
export function dropEmptySides(draft: Draft): void {
  for (const spec of [...draft.pending.values()])
    for (const join of draft.choicesOf(spec.id).joins) dropSide(join, spec.id, draft);
}

function dropSide(join: JoinChoice, id: StageSpec['id'], draft: Draft): void {
  const spec = draft.stage(id);
  const side = needsRowsOf[join.type].find((side) => join.plain.includes(side) && isEmpty(join[side], spec, draft));
  if (side === undefined) return;
  const other = side === 'left' ? join.right : join.left;
  const isDropped = (input: StageInput): boolean => other.includes(input.name) && !isNothing(input);
  if (!spec.inputs.some((input) => isDropped(input) && !isEmpty([input.name], spec, draft))) return;
  const inputs = spec.inputs.map((input) => (isDropped(input) ? nothing(input, spec.tasks) : input));
  draft.pending.set(id, { ...spec, inputs });
  draft.note(id, 'empty', `the ${side} side of the join has no rows: the other is not read`);
}

/** A side of one input, which has finished without rows. */
function isEmpty(names: readonly string[], { inputs }: StageSpec, draft: Draft): boolean {
  const [input, ...more] = inputs.filter(({ name }) => names.includes(name));
  if (input === undefined || more.length > 0) return false;
  return input.kind === 'exchange'
    ? draft.sizes(input.from)?.rows === 0 && draft.isSteady(input.from)
    : isNothing(input);
}
