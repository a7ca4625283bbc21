import type { StageId } from '../../../shared/ids.ts';
import type { Draft } from './draft.ts';
import { expected } from './join-sides.ts';

/**
 * Whether it spares more to leave out a stage's rows by the keys of another stage than it costs: each of its tasks reads
 * all of the other stage and builds a hash table of it, and looks each of its rows up.
 */
export function isWorth(site: StageId, keys: StageId, draft: Draft): boolean {
  const { slots, limits } = draft.progress;
  const { bytes } = expected(keys, draft);
  if (bytes >= limits.filterBytesMax) return false;
  const { tasks } = draft.stage(site);
  const seen = draft.choicesOf(site).bytes / slots;
  const built = Math.max(1, tasks / slots) * bytes;
  const cost = built + lookupCost * seen;
  return (cost * limits.filterGainPercent) / 100 <= exchangeCost * seen * (1 - keptShare(site, keys, draft));
}

/** To hash, write, fetch and join a row costs as much as to put it into so many hash tables; to look it up in one, less. */
const exchangeCost = 3;
const lookupCost = 1 / 2;

/**
 * As if the rows of the larger table had one partner each in the smaller one, as orders have a customer, or as many as
 * any other: of what has no filter, a row finds one.
 */
function keptShare(site: StageId, keys: StageId, draft: Draft): number {
  const { rows, bytes } = expected(keys, draft);
  const tables = [site, keys].map((id) => tableRows(id, draft)).filter((count) => count > 0);
  if (rows > 0 && tables.length > 0) return Math.min(1, rows / Math.min(...tables));
  // Where rows are not counted, as in text.
  return Math.min(1, bytes / Math.max(1, draft.choicesOf(site).bytes));
}

/** Of what a stage is made of, before filters. */
const tableRows = (id: StageId, draft: Draft): number => {
  const { rows = 0, share = 1 } = draft.choicesOf(id);
  return share === 0 ? 0 : rows / share;
};
