import type { CountRow } from '../../../pipeline/compile/compiled.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import type { LoadReceipt } from '../../../shared/plan/nodes/load.ts';
import type { TaskReceipt } from '../../../shared/stage/load-step.ts';

/** Receipts by the name of their output, in the order of the tasks. */
export type Receipts = ReadonlyMap<string, readonly LoadReceipt[]>;

/**
 * The receipts of each output of the plan, in the order of its tasks.
 *
 * @throws SheafError `INTERNAL` if a task has two: no attempt may be chosen twice
 */
export function byOutput(given: readonly TaskReceipt[]): Receipts {
  const outputs = new Map<string, Map<number, LoadReceipt>>();
  for (const { output, task, receipt } of given) {
    const tasks = outputs.get(output) ?? new Map<number, LoadReceipt>();
    if (tasks.has(task)) throw new SheafError('INTERNAL', `Task ${task} of output ${output} has two receipts`);
    outputs.set(output, tasks.set(task, receipt));
  }
  return new Map([...outputs].map(([output, tasks]) => [output, inOrder(tasks)]));
}

const inOrder = (tasks: ReadonlyMap<number, LoadReceipt>): LoadReceipt[] =>
  [...tasks].sort(([left], [right]) => left - right).map(([, receipt]) => receipt);

/** Rows and bytes of all receipts together. */
export const totalOf = (receipts: readonly LoadReceipt[]): { readonly rows: number; readonly bytes: number } => ({
  rows: receipts.reduce((sum, { rows }) => sum + rows, 0),
  bytes: receipts.reduce((sum, { bytes }) => sum + bytes, 0),
});

/** What the `collect` sink of one output counted. */
export class Counts {
  readonly #rows: readonly CountRow[];

  /** @param receipts of the `collect` sink: a few rows each, as `detail.rows` */
  constructor(receipts: readonly LoadReceipt[]) {
    this.#rows = receipts.flatMap(({ detail }) => collected(detail));
  }

  rows(about: CountRow['about'], name: string): number {
    return Number(this.find(about, name)?.rows ?? 0);
  }

  rejected(about: CountRow['about'], name: string): number {
    return Number(this.find(about, name)?.rejected ?? 0);
  }

  find(about: CountRow['about'], name: string): CountRow | undefined {
    return this.#rows.find((row) => row.about === about && row.name === name);
  }
}

function collected(detail: Json): CountRow[] {
  const rows = typeof detail === 'object' && detail !== null && 'rows' in detail ? detail.rows : undefined;
  return Array.isArray(rows) ? (rows as unknown as CountRow[]) : [];
}
