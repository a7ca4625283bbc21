import { quotedName } from '../../../shared/sql/text.ts';
import { type BoundOf, inputOf } from '../bound/plan.ts';
import type { Build } from '../stages/build.ts';
import { continued, type Fragment } from '../stages/fragment.ts';
import { addDistinct } from '../stages/query.ts';
import { afterGrouping, groupedSize } from './grouping.ts';
import { asTheyAre, passed, placedBy, stillRanged } from './placement.ts';
import { metInPlace } from './ranges/in-ranges.ts';

/** Equal rows fall together once in each task, and again where equal rows of all tasks meet. */
export function planDistinct(bound: BoundOf<'distinct'>, build: Build): Fragment {
  const input = build.plan(inputOf(bound));
  const columns = bound.schema.map(({ name }) => name);
  const distinct = (fragment: Fragment): Fragment =>
    continued(fragment, addDistinct(fragment.query), 'distinct', {
      traits: {
        ...afterGrouping(fragment.traits, columns),
        ...passed(fragment.traits.partitionedBy, asTheyAre(bound.schema)),
        ...stillRanged(fragment.traits, asTheyAre(bound.schema)),
      },
      size: groupedSize(fragment.size),
    });
  if (input.tasks === 1) return distinct(input);
  const met = metInPlace(input, asTheyAre(bound.schema), build);
  if (met !== undefined) return distinct(met);
  const local = distinct(input);
  const partitions = build.partitionsFor(local.size.bytes);
  if (partitions === 1) return distinct(build.exchange(local, { kind: 'single' }, 'gather'));
  const keys = columns.map(quotedName);
  const spread = build.exchange(local, { kind: 'hash', keys, partitions }, 'exchange by row');
  return distinct({ ...spread, traits: { ...spread.traits, ...placedBy(columns.map((column) => [column])) } });
}
