import type { StageSpec } from '../../../shared/stage/stage.ts';
import { mayRepeat, type StageChoices } from '../stages/choices.ts';
import { behind, canStandBehind } from './behind.ts';
import { alike, type Draft, type ExchangeInput, sizeText } from './draft.ts';
import { expected, isLarger, type JoinSide, joinSides } from './join-sides.ts';

/**
 * A join by hash of which one side has turned out small, before the other side's stage began, is done in that stage:
 * its rows are not exchanged, and the small side is sent whole to its tasks.
 */
export function joinInPlace(draft: Draft): void {
  for (const { id } of [...draft.pending.values()]) {
    const spec = draft.pending.get(id);
    const side = spec && joinSides(spec, draft).find((side) => mayJoinInPlace(side, draft));
    if (spec !== undefined && side !== undefined) fuse(spec, side, draft);
  }
}

/** Whether the stage is the larger side of a join whose smaller side is still being made: its rows may need no exchange. */
export function waitsForOtherSide(spec: StageSpec, draft: Draft): boolean {
  const { awaitOtherSidePercent } = draft.progress.limits;
  return draft.readersOf(spec.id).some((reader) =>
    joinSides(reader, draft).some((side) => {
      if (!isRepeatable(side) || side.here.from !== spec.id || draft.sizes(side.other.from) !== undefined) return false;
      const [here, other] = [side.here, side.other].map(({ from }) => expected(from, draft).bytes) as [number, number];
      return isLarger(side, draft) && isFree(side, draft) && here * 100 >= other * awaitOtherSidePercent;
    }),
  );
}

/** Whether the other side has turned out small, and may be joined where this one is made. */
export const mayJoinInPlace = (side: JoinSide, draft: Draft): boolean =>
  isRepeatable(side) && isSmall(side, draft) && isFree(side, draft);

/** The other side may be seen by many tasks. */
const isRepeatable = ({ join, otherSide }: JoinSide): boolean =>
  join.kind === 'hash' && mayRepeat[join.type].includes(otherSide === 'left' ? 'l' : 'r');

const isSmall = ({ other }: JoinSide, draft: Draft): boolean =>
  (draft.sizes(other.from)?.bytes ?? Number.POSITIVE_INFINITY) <= draft.progress.limits.broadcastBytesMax;

/** Nobody else reads the stage, it has not begun, and the join's text can stand behind its own. */
function isFree({ here, reader }: JoinSide, draft: Draft): boolean {
  const maker = draft.pending.get(here.from);
  return maker !== undefined && draft.readersOf(here.from).length === 1 && canStandBehind(maker, reader, here.name);
}

function fuse(spec: StageSpec, side: JoinSide, draft: Draft): void {
  const { here, other, otherSide } = side;
  const maker = draft.stage(here.from);
  const fused = fusedStage(spec, maker, side);
  if (fused === undefined) return;
  draft.choices.set(spec.id, fusedChoices(spec, maker, side, draft));
  draft.pending.delete(maker.id);
  draft.pending.set(spec.id, fused);
  const size = sizeText(draft.sizes(other.from)?.bytes ?? 0);
  draft.note(
    spec.id,
    'broadcast',
    `the ${otherSide} side of the join has ${size} and is sent whole to the other side’s tasks, which exchange nothing`,
  );
}

/** The join where this side is made; nothing if the stage reads something that the maker's tasks cannot. */
function fusedStage(spec: StageSpec, maker: StageSpec, { here, other }: JoinSide): StageSpec | undefined {
  const rest = spec.inputs.filter((input) => input !== here);
  const sent = alike(
    rest.map((input) => (input === other ? whole(other) : input)),
    maker.tasks,
  );
  return (
    sent && {
      ...spec,
      name: `${maker.name} → ${spec.name.replace(/^meet by join key → /, '')}`,
      tasks: maker.tasks,
      inputs: [...maker.inputs, ...sent],
      steps: behind(maker.steps, spec.steps, here.name),
      deterministic: spec.deterministic && maker.deterministic,
    }
  );
}

function fusedChoices(
  spec: StageSpec,
  maker: StageSpec,
  { join, here, otherSide }: JoinSide,
  draft: Draft,
): StageChoices {
  const makers = draft.choicesOf(maker.id);
  const names = maker.inputs.map(({ name }) => name);
  const now = (side: readonly string[]): string[] => side.flatMap((name) => (name === here.name ? names : [name]));
  // Its rows have met by no key, and come as the join yields them.
  const { metBy: _met, grouping: _grouping, whole: _whole, joins, ...choices } = draft.choicesOf(spec.id);
  const moved = joins.map((each) => ({
    ...each,
    left: now(each.left),
    right: now(each.right),
    ...(each === join ? { kind: 'broadcast' as const, plain: [otherSide] } : {}),
  }));
  const read = makers.whole === undefined ? {} : { whole: makers.whole };
  return { ...choices, ...read, joins: [...makers.joins, ...moved] };
}

export const whole = ({ name, schema, from }: ExchangeInput): ExchangeInput => ({
  kind: 'exchange',
  name,
  schema,
  from,
  mode: 'broadcast',
});
