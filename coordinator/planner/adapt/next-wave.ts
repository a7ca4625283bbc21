import type { StageId } from '../../../shared/ids.ts';
import type { StageSpec } from '../../../shared/stage/stage.ts';
import { Draft, producersOf } from './draft.ts';
import { dropEmptySides } from './empty-sides.ts';
import { fewerScans } from './fewer-scans.ts';
import { filterSides, waitsForKeys } from './filter-sides.ts';
import { goOn } from './go-on.ts';
import { joinInPlace, waitsForOtherSide } from './join-in-place.ts';
import { morePartitions } from './more-partitions.ts';
import type { Progress, Wave } from './progress.ts';
import { readWhole } from './read-whole.ts';
import { shareOut } from './share-out.ts';

/**
 * What can begin, given the sizes of what has finished. Pure: the same sizes lead to the same stages. A stage that has
 * begun is never changed again, so that the runs of its tasks agree.
 */
export function nextWave(before: Progress): Wave {
  const draft = new Draft(before);
  readWhole(draft);
  dropEmptySides(draft);
  filterSides(draft);
  joinInPlace(draft);
  const stages = ready(draft).map((spec) => decide(spec, draft));
  const unneeded = runningInVain(draft);
  const { begun, pending, choices, adaptations } = draft;
  const { finalStage } = before.plan;
  const isClosed = stages.some(({ id }) => id === finalStage);
  return {
    progress: { ...before, begun, pending, choices },
    stages,
    unneeded,
    adaptations,
    ...(isClosed ? { finalStage } : {}),
  };
}

/** Needed stages whose producers have all finished, and for which nothing better may turn up. */
function ready(draft: Draft): StageSpec[] {
  const needed = draft.needed();
  const isFinished = (id: StageId): boolean => draft.sizes(id) !== undefined;
  const able = [...draft.pending.values()].filter((spec) => needed.has(spec.id) && producersOf(spec).every(isFinished));
  const eager = able.filter((spec) => !waitsForOtherSide(spec, draft) && !waitsForKeys(spec, draft));
  const isRunning = [...draft.begun.keys()].some((id) => !isFinished(id));
  // Nobody waits for nothing.
  return eager.length > 0 || isRunning ? eager : able;
}

function runningInVain(draft: Draft): StageId[] {
  const needed = draft.needed();
  return [...draft.begun.keys()].filter((id) => draft.sizes(id) === undefined && !needed.has(id));
}

function decide(spec: StageSpec, draft: Draft): StageSpec {
  const decided = morePartitions(goOn(fewerScans(shareOut(spec, draft), draft), draft), draft);
  draft.pending.delete(decided.id);
  draft.begun.set(decided.id, decided);
  return decided;
}
