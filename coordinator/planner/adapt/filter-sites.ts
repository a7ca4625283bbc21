import type { StageId } from '../../../shared/ids.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import type { StageSpec } from '../../../shared/stage/stage.ts';
import { cutInputs, type Draft, type ExchangeInput } from './draft.ts';
import { joinSides } from './join-sides.ts';

/** A stage whose rows can be left out by their keys, SQL over its columns. */
export interface Site {
  readonly stage: StageSpec;
  readonly keys: readonly string[];
}

/**
 * Where rows of a stage can be left out by their keys: in the stages that it is made of, if its rows depend on rows with
 * the same keys only; else in itself. As far as they have not begun and nobody else reads them.
 */
export function sitesOf(id: StageId, keys: readonly string[], draft: Draft): Site[] {
  const stage = draft.pending.get(id);
  if (stage === undefined || draft.readersOf(id).length !== 1) return [];
  const below = producersByKey(stage, keys, draft).map((each) => sitesOf(each.from, each.keys, draft));
  const isCovered = below.length > 0 && below.every(({ length }) => length > 0);
  return isCovered ? below.flat() : [{ stage, keys }, ...below.flat()];
}

/** The stages whose rows have met in this one by these keys, with their names for them; none if some came otherwise. */
function producersByKey(stage: StageSpec, keys: readonly string[], draft: Draft) {
  const { metBy = [] } = draft.choicesOf(stage.id);
  const places = keys.map((key) => metBy.findIndex((names) => names.some((name) => isColumn(key, name))));
  if (places.includes(-1) || !cutInputs(stage).every((input) => isAnyOrder(input, stage, draft))) return [];
  const producers = cutInputs(stage).map(({ from }) => {
    const by = exchangeKeys(draft.stage(from));
    return by.length === metBy.length ? { from, keys: places.map((place) => by[place] ?? '') } : undefined;
  });
  return producers.every((producer) => producer !== undefined) ? producers : [];
}

/** What a stage's rows are spread by, or would be if there were more of them. */
export function exchangeKeys({ output }: StageSpec): readonly string[] {
  if (output.kind !== 'exchange') return [];
  const { partitioning } = output;
  return partitioning.kind === 'hash' || partitioning.kind === 'single' ? (partitioning.keys ?? []) : [];
}

const isColumn = (sql: string, name: string): boolean => sql.toLowerCase() === quotedName(name);

/** To leave out rows may change the order of the others: a join does not mind, groups may that a join reads. */
export const isAnyOrder = ({ name, from }: ExchangeInput, stage: StageSpec, draft: Draft): boolean =>
  !draft.choicesOf(from).ordered ||
  joinSides(stage, draft).some(({ join, here, hereSide }) => here.name === name && join.plain.includes(hereSide));
