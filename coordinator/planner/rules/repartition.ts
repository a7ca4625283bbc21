import { type BoundOf, inputOf } from '../bound/plan.ts';
import type { Build } from '../stages/build.ts';
import type { Fragment } from '../stages/fragment.ts';

/** Dealing batches out in turn repeats itself only if they come in the same order again. */
export function planRepartition(bound: BoundOf<'repartition'>, build: Build): Fragment {
  const { keys, partitions } = bound.operator;
  const input = build.plan(inputOf(bound));
  if (partitions === 1) return build.gather(input, 'gather', 'asked for one partition');
  const exact = !keys.some(({ volatile }) => volatile);
  const by = keys.map(({ sql }) => sql);
  const spread =
    keys.length === 0
      ? build.exchange(input, { kind: 'roundRobin', partitions }, 'spread', input.traits.ordered)
      : build.exchange(input, { kind: 'hash', keys: by, partitions }, 'spread by key', exact);
  build.keepPartitions(spread);
  return spread;
}
