import type { StageSpec } from '../../../shared/stage/stage.ts';
import { mayLeaveOut } from '../stages/choices.ts';
import { type Draft, sizeText } from './draft.ts';
import { isWorth } from './filter-gain.ts';
import { exchangeKeys, isAnyOrder, type Site, sitesOf } from './filter-sites.ts';
import { filtered } from './filter-sql.ts';
import { mayJoinInPlace } from './join-in-place.ts';
import { isLarger, type JoinSide, joinSides } from './join-sides.ts';

/**
 * Rows that have no partner are not exchanged: once one side of a join has been made, the other side's stages read its
 * keys and leave out rows without them. The join itself stays as it is. Known as semi-join reduction (P. A. Bernstein,
 * D.-M. W. Chiu: Using Semi-Joins to Solve Relational Queries, 1981), or as dynamic filters.
 */
export function filterSides(draft: Draft): void {
  for (const { id } of [...draft.pending.values()]) {
    const reader = draft.pending.get(id);
    const side = reader && sidesToFilter(reader, draft).find(({ other }) => draft.sizes(other.from) !== undefined);
    if (side !== undefined) filterSide(side, draft);
  }
}

/** Whether rows of the stage may be left out by keys of a stage that is still being made. */
export function waitsForKeys(spec: StageSpec, draft: Draft): boolean {
  return [...draft.pending.values()].some((reader) =>
    sidesToFilter(reader, draft).some(
      (side) =>
        draft.sizes(side.other.from) === undefined &&
        isLarger(side, draft) &&
        sitesToFilter(side, draft).some(({ stage }) => stage.id === spec.id),
    ),
  );
}

const sidesToFilter = (reader: StageSpec, draft: Draft): JoinSide[] =>
  joinSides(reader, draft).filter(
    (side) =>
      !side.join.filtered &&
      mayLeaveOut[side.join.type].includes(side.hereSide) &&
      isAnyOrder(side.here, reader, draft),
  );

const sitesToFilter = ({ here, other }: JoinSide, draft: Draft): Site[] =>
  sitesOf(here.from, exchangeKeys(draft.stage(here.from)), draft).filter(({ stage }) =>
    isWorth(stage.id, other.from, draft),
  );

function filterSide(side: JoinSide, draft: Draft): void {
  const { reader, join, other, otherSide } = side;
  const keys = exchangeKeys(draft.stage(other.from));
  // A stage that is about to join them needs no filter; those that it reads do.
  const isJoining = mayJoinInPlace(side, draft);
  const sites = sitesToFilter(side, draft).filter(
    ({ stage, keys: { length } }) =>
      length > 0 && length === keys.length && !(isJoining && stage.id === side.here.from),
  );
  if (sites.length === 0) return;
  const { rows = 0, bytes = 0 } = draft.sizes(other.from) ?? {};
  for (const site of sites) {
    draft.pending.set(site.stage.id, filtered(site, other, keys, join.comparisons ?? [], draft));
    // It is not what it was: its last step reads more.
    const { grouping: _, ...choices } = draft.choicesOf(site.stage.id);
    draft.choices.set(site.stage.id, choices);
    const what = `the ${otherSide} side of the join in stage ${reader.id} has ${rows} rows, ${sizeText(bytes)}`;
    draft.note(site.stage.id, 'filtered', `${what}: rows without a partner there are left out`);
  }
  const choices = draft.choicesOf(reader.id);
  const joins = choices.joins.map((each) => (each === join ? { ...each, filtered: true as const } : each));
  draft.choices.set(reader.id, { ...choices, joins });
}
