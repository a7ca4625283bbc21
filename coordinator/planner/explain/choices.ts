import type { StageSpec } from '../../../shared/stage/stage.ts';
import { cutInputs, partitionsOf } from '../adapt/draft.ts';
import { type JoinChoice, mayLeaveOut, mayRepeat } from '../stages/choices.ts';
import type { StagedPlan } from '../stages/staged-plan.ts';

/** What of a stage may turn out otherwise, for people: empty if nothing. */
export function choicesText(stage: StageSpec, { stages, choices }: StagedPlan): string[] {
  const { joins = [], whole } = choices[stage.id] ?? {};
  const cut = cutInputs(stage);
  const isAsked = cut.some(({ from }) => choices[from]?.asked);
  const isMany = cut.some(({ from, perTask }) => {
    const producer = stages[from];
    return perTask === undefined && producer !== undefined && partitionsOf(producer.output) > 1;
  });
  const texts = [
    ...(whole === undefined ? [] : [`read stage ${whole.from} in one task, if that has little`]),
    ...(isMany && !isAsked ? ['read partitions with little in them together'] : []),
    ...joins.filter(({ kind }) => kind === 'hash').flatMap(hashText),
    ...joins.filter(({ kind }) => kind !== 'broadcast').flatMap(filterText),
  ];
  return texts.length === 0 ? [] : [`may    ${texts.join('; ')}`];
}

function filterText({ type }: JoinChoice): string[] {
  const sides = mayLeaveOut[type];
  return sides.length === 0 ? [] : [`filter the ${sides.join(' or ')} side by the other’s keys before it is exchanged`];
}

function hashText({ type }: JoinChoice): string[] {
  const sides = mayRepeat[type].map((side) => (side === 'l' ? 'left' : 'right'));
  if (sides.length === 0) return [];
  const cut = sides.map((side) => (side === 'left' ? 'right' : 'left'));
  return [
    `have the ${sides.join(' or ')} side sent whole, if it is small`,
    `cut skewed partitions of the ${cut.join(' and ')} side`,
  ];
}
