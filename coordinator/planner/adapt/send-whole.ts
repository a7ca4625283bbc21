import type { StageSpec } from '../../../shared/stage/stage.ts';
import { mayRepeat } from '../stages/choices.ts';
import { cutInputs, type Draft, type ExchangeInput, partitionsOf, sizeText } from './draft.ts';
import { whole } from './join-in-place.ts';

/**
 * A join by hash whose sides have both been made, and one is so small that sending it whole to every slot moves less
 * than bringing the other together: that one is read where it lies, in parts of equal size, whatever its keys.
 */
export function sendWhole(spec: StageSpec, draft: Draft): StageSpec | undefined {
  const [join, ...more] = draft.choicesOf(spec.id).joins.filter(({ kind }) => kind === 'hash');
  const cut = cutInputs(spec);
  if (join === undefined || more.length > 0 || cut.length !== 2) return undefined;
  const [left, right] = [join.left, join.right].map((names) => cut.find(({ name }) => names.includes(name)));
  if (left === undefined || right === undefined) return undefined;
  const repeated = mayRepeat[join.type];
  if (repeated.includes('r') && isWorth(right, left, draft)) return sent(spec, right, left, 'right', draft);
  if (repeated.includes('l') && isWorth(left, right, draft)) return sent(spec, left, right, 'left', draft);
  return undefined;
}

function isWorth(small: ExchangeInput, large: ExchangeInput, draft: Draft): boolean {
  const [few, many] = [small, large].map(({ from }) => draft.sizes(from)?.bytes ?? 0) as [number, number];
  const { limits, slots } = draft.progress;
  return few <= limits.broadcastBytesMax && few * slots <= many;
}

function sent(
  spec: StageSpec,
  small: ExchangeInput,
  large: ExchangeInput,
  side: 'left' | 'right',
  draft: Draft,
): StageSpec {
  const producer = draft.stage(large.from);
  const to = partitionsOf(producer.output);
  const perTask = Array.from({ length: producer.tasks }, (_, i) => ({ from: 0, to, tasks: { from: i, to: i + 1 } }));
  const inputs = spec.inputs.map((input) =>
    input === small ? whole(small) : input === large ? { ...large, perTask } : input,
  );
  const size = sizeText(draft.sizes(small.from)?.bytes ?? 0);
  draft.note(
    spec.id,
    'broadcast',
    `the ${side} side of the join has ${size} and is sent whole; the other is read task by task`,
  );
  return { ...spec, inputs, tasks: producer.tasks };
}
