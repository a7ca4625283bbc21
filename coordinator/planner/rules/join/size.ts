import type { JoinType } from '../../../../shared/plan/nodes/join.ts';
import type { OperatorOf } from '../../bound/plan.ts';
import type { Fragment, Size } from '../../stages/fragment.ts';
import { filteredSize } from '../narrow.ts';

/**
 * As if the rows of the side that is made of the larger table had one partner each in the whole of the other's, as
 * orders have a customer: where filters have left a share of that, the same share of them remains.
 */
export function joinedSize(
  { type, implied }: OperatorOf<'join'>,
  here: Fragment,
  brought: Fragment,
  columns: number,
): Size {
  const { unsure: _, ...size } = joinedRows(type, here.size, brought.size, implied);
  const isUnsure = here.size.unsure || (brought.size.unsure && keptByAll.has(type));
  const isHalf = type === 'semi' || type === 'anti';
  const all = here.schema.length + (isHalf ? 0 : brought.schema.length);
  const kept = Math.min(here.size.kept ?? 1, brought.size.kept ?? 1) * (columns / Math.max(1, all));
  return { ...size, kept, ...(isUnsure && { unsure: true }) };
}

/** Joins in which a row needs both sides. */
const keptByAll: ReadonlySet<JoinType> = new Set(['inner', 'semi', 'asof']);

function joinedRows(type: JoinType, here: Size, brought: Size, implied = false): Size {
  const { share = 1 } = brought;
  // The join that implies it must not count the same share once more.
  if (type === 'semi') return { ...filteredSize(here, share), ...(implied && { share: here.share ?? 1 }) };
  if (type === 'anti') return here;
  const [large, small] = unfiltered(here) >= unfiltered(brought) ? [here, brought] : [brought, here];
  // Where rows are not counted, as in text, all is kept and the other side comes on top.
  const isCounted = here.rows > 0 && brought.rows > 0;
  const bytes = isCounted
    ? large.rows * (here.bytes / here.rows + brought.bytes / brought.rows)
    : here.bytes + brought.bytes;
  const all: Size = { ...large, bytes };
  return type === 'inner' ? filteredSize(all, small.share ?? 1) : all;
}

const unfiltered = ({ rows, share = 1 }: Size): number => (share === 0 ? rows : rows / share);
