import type { StageId } from '../../../shared/ids.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import type { ExchangeSlice } from '../../../shared/stage/exchange-part.ts';
import type { StageInput } from '../../../shared/stage/stage.ts';
import type { BoundOf, SortKey } from '../bound/plan.ts';
import type { Build } from '../stages/build.ts';
import type { Fragment } from '../stages/fragment.ts';
import { queryOf } from '../stages/query.ts';
import { sortKeyOf } from './sort-key.ts';

/**
 * The rows in ranges of the sort key, one for each task: what is left is to sort each of them. Three stages: the rows
 * are set down with a sample of them apart; bounds are chosen from the sample; each task cuts its rows by the bounds.
 *
 * @returns why that is not done
 */
export function inRanges({ operator: { keys } }: BoundOf<'sort'>, rows: Fragment, build: Build): Fragment | string {
  const { context } = build;
  const { sortBytesMin, sortKeyBytesMax, sortSampleRows } = context.config;
  const partitions = build.partitionsFor(rows.size.bytes);
  if (partitions === 1 || rows.size.bytes < sortBytesMin) return 'sorted in one task: it is little data';
  const whole = sortKeyOf(keys, rows.schema, context.dialect);
  if (whole === undefined) return `sorted in one task: ranges of ${textOf(keys)} are not known to stand in its order`;
  const key = `${whole}[1:${sortKeyBytesMax}]`;
  const every = Math.max(1, Math.ceil(rows.size.rows / sortSampleRows));
  const spool = { kind: 'exchange', partitioning: { kind: 'sample', every, partitions: 2 } } as const;
  const from = build.close({ ...rows, labels: [...rows.labels, 'sample'] }, spool);
  const bounds = boundsOf(spooled(from, rows, [{ from: 1, to: 2 }], build), key, partitions, rows);
  const boundsStage = build.close(bounds, { kind: 'exchange', partitioning: { kind: 'single' } });
  const chosen = build.read(bounds, boundsStage, 'broadcast');
  const again = readAgain(from, rows, chosen, build);
  const ranges = build.exchange(again, { kind: 'range', key, bounds: chosen.name, partitions }, 'range');
  const [name = ''] = ranges.inputs.map((input) => input.name);
  return { ...ranges, whole: { name, from, bytesMax: sortBytesMin } };
}

/** Of what was set down: the sample is partition 1, all other rows are partition 0. */
const spooled = (
  from: StageId,
  { schema }: Fragment,
  perTask: readonly ExchangeSlice[],
  build: Build,
): Extract<StageInput, { kind: 'exchange' }> => ({
  kind: 'exchange',
  name: build.inputName(),
  schema,
  from,
  mode: 'partition',
  perTask,
});

/** The rows, each by the task that set them down, beside the bounds. */
function readAgain(from: StageId, rows: Fragment, bounds: StageInput, build: Build): Fragment {
  const { schema, tasks, size, traits } = rows;
  const own = Array.from({ length: tasks }, (_, i) => ({ from: 0, to: 2, tasks: { from: i, to: i + 1 } }));
  const all = spooled(from, rows, own, build);
  return {
    schema,
    tasks,
    size,
    inputs: [all, bounds],
    steps: [],
    query: queryOf(all.name),
    labels: ['cut into ranges'],
    notes: [],
    traits: { ...traits, deterministic: true, rowwise: false },
  };
}

/** From the sample, keys that cut it into parts of equal size: one row, the bounds in hex. */
function boundsOf(sample: StageInput, key: string, partitions: number, { traits }: Fragment): Fragment {
  const keyed = `SELECT ${key} AS k FROM ${quotedName(sample.name)}`;
  const placed = `SELECT k, row_number() OVER (ORDER BY k) AS place, count(*) OVER () AS total FROM (${keyed})`;
  const cut = `place < total AND (place * ${partitions}) // total > ((place - 1) * ${partitions}) // total`;
  const sql = `SELECT coalesce(string_agg(DISTINCT hex(k), ',' ORDER BY hex(k)), '') AS bounds FROM (${placed}) WHERE ${cut}`;
  return {
    inputs: [sample],
    steps: [],
    query: { from: `(${sql})`, where: [] },
    schema: [{ name: 'bounds', type: 'VARCHAR' }],
    tasks: 1,
    labels: ['bounds'],
    notes: [],
    // Rows are sampled by their places. Other bounds after a loss would send equal rows to two tasks.
    traits: { deterministic: traits.ordered, ordered: true, rowwise: false },
    size: { rows: 1, bytes: 0 },
  };
}

const textOf = (keys: readonly SortKey[]): string => keys.map(({ sql }) => sql).join(', ');
