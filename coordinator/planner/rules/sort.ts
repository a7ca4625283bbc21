import { name } from '../../../shared/sql/text.ts';
import { type BoundOf, inputOf, type SortKey } from '../bound/plan.ts';
import type { Build } from '../stages/build.ts';
import { continued, type Fragment, type Traits } from '../stages/fragment.ts';
import { addTail } from '../stages/query.ts';
import { inRanges } from './range-sort.ts';
import { inOrderOf } from './ranges/in-ranges.ts';

/** All rows in order: each task sorts a range of the keys, so that its rows follow those of the task before it. */
export function planSort(bound: BoundOf<'sort'>, build: Build): Fragment {
  const { keys } = bound.operator;
  const rows = build.plan(inputOf(bound));
  const ranges = rows.tasks === 1 ? rows : (whereTheyLie(rows, keys, build) ?? inRanges(bound, rows, build));
  const input = typeof ranges === 'string' ? build.gather(rows, 'gather', ranges) : ranges;
  return continued(input, addTail(input.query, orderBy(keys)), 'sort', { traits: sorted(input.traits, keys) });
}

/** Files may lie in the order of the first key already. */
function whereTheyLie(rows: Fragment, [first]: readonly SortKey[], build: Build): Fragment | undefined {
  const [column] = first === undefined || first.volatile ? [] : plainColumn(first);
  if (first === undefined || column === undefined || rows.size.bytes < build.context.config.sortBytesMin)
    return undefined;
  return inOrderOf(rows, column, !/ DESC\b/i.test(first.sql), build);
}

/**
 * A limit keeps the first rows. Over a sort: each task's first rows, then the first of those. Over anything else: the
 * first in the order of tasks and their rows, which is the order of the files where nothing between has another.
 */
export function planLimit(bound: BoundOf<'limit'>, build: Build): Fragment {
  const { limit, offset } = bound.operator;
  const below = inputOf(bound);
  const keys = below.operator.kind === 'sort' ? below.operator.keys : [];
  const input = build.plan(keys.length > 0 ? inputOf(below) : below);
  const order = keys.length === 0 ? '' : `${orderBy(keys)} `;
  const label = keys.length === 0 ? 'limit' : 'top';
  const first = (fragment: Fragment, clause: string): Fragment =>
    continued(fragment, addTail(fragment.query, `${order}${clause}`), label, {
      traits: cut(keys.length === 0 ? fragment.traits : sorted(fragment.traits, keys)),
      size: limit === null ? fragment.size : limited(fragment, limit + offset),
    });
  const local = input.tasks > 1 && limit !== null ? first(input, `LIMIT ${limit + offset}`) : input;
  const single = build.gather(local, 'gather', 'the first rows of all tasks are chosen in one');
  const clauses = [...(limit === null ? [] : [`LIMIT ${limit}`]), ...(offset === 0 ? [] : [`OFFSET ${offset}`])];
  const clause = clauses.join(' ');
  return clause === '' && order === '' ? single : first(single, clause);
}

const orderBy = (keys: readonly SortKey[]): string => `ORDER BY ${keys.map(({ sql }) => sql).join(', ')}`;

/**
 * Ties stand as the rows came, or anyhow when a sort spills: only keys that identify a row make a reproducible order.
 */
function sorted(traits: Traits, keys: readonly SortKey[]): Traits {
  const named = new Set(keys.flatMap(plainColumn));
  const isTotal = traits.unique !== undefined && [...traits.unique].every((key) => named.has(key));
  const volatile = keys.some((key) => key.volatile);
  return { ...traits, ordered: (isTotal || traits.ordered) && !volatile, rowwise: false };
}

/** Which rows are kept depends on their order, and on all others. */
const cut = ({ partitionedBy: _, ranged: _ranged, origins: _origins, ...traits }: Traits): Traits => ({
  ...traits,
  deterministic: traits.deterministic && traits.ordered,
  rowwise: false,
});

/** The column, where a key is nothing but one. */
function plainColumn({ sql, names }: SortKey): string[] {
  const [only = '', ...more] = names;
  const text = sql.replace(/( (ASC|DESC))?( NULLS (FIRST|LAST))?$/i, '').toLowerCase();
  return more.length === 0 && (text === name(only) || text === `"${only}"`) ? [only] : [];
}

const limited = ({ size }: Fragment, rows: number): Fragment['size'] => {
  const kept = Math.min(size.rows, rows);
  return { rows: kept, bytes: size.rows === 0 ? size.bytes : (size.bytes * kept) / size.rows };
};
