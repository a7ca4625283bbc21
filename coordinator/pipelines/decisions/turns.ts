import type { RunRecord } from '../../../pipeline/records/run.ts';
import { isOver } from './machine.ts';

/** Who begins now, and when to look again. */
export interface Turns {
  readonly start: readonly string[];
  readonly againMs?: number;
}

/**
 * Which waiting runs may begin: one at a time of each pipeline, in the order of submission, so that each goes on where
 * the last one left off. A run that waits for its retry keeps its turn. Backfills neither read nor move cursors: they
 * begin beside other runs, if there is room after those. Pure.
 *
 * @param activeMax runs at a time in all
 */
export function turns(records: readonly RunRecord[], nowMs: number, activeMax: number): Turns {
  const open = records.filter(({ life }) => !isOver(life)).sort(bySubmission);
  const heads = new Map<string, RunRecord>();
  for (const record of open) {
    const lane = isBackfill(record) ? `run ${record.id}` : `pipeline ${record.pipeline}`;
    const head = heads.get(lane);
    if (!head || (isActive(record) && !isActive(head))) heads.set(lane, record);
  }
  const active = [...heads.values()].filter(isActive).length;
  const waiting = [...heads.values()].filter((record) => !isActive(record));
  const ready = waiting.filter((record) => dueMs(record) <= nowMs);
  const inOrder = [...ready.filter((record) => !isBackfill(record)), ...ready.filter(isBackfill)];
  const due = inOrder.slice(0, Math.max(0, activeMax - active));
  const later = waiting.map(dueMs).filter((atMs) => atMs > nowMs);
  return { start: due.map(({ id }) => id), ...(later.length === 0 ? {} : { againMs: Math.min(...later) }) };
}

const bySubmission = (a: RunRecord, b: RunRecord): number => a.submittedMs - b.submittedMs || (a.id < b.id ? -1 : 1);

const isBackfill = ({ cause }: RunRecord): boolean => cause === 'backfill';

const isActive = ({ life: { state } }: RunRecord): boolean =>
  state === 'preparing' || state === 'loading' || state === 'committing';

const dueMs = ({ life }: RunRecord): number => ('dueMs' in life ? life.dueMs : 0);
