import type { Bound } from '../bound/plan.ts';
import type { SteppedPlan } from '../bound/steps.ts';
import type { PlanContext } from '../context.ts';
import { cutSplits } from './cut-splits.ts';
import { estimate } from './estimate.ts';
import { fold } from './fold.ts';
import { fromFooters } from './from-footers.ts';
import { pruneSplits } from './prune-splits.ts';

/**
 * What the values of constants and the files' statistics say beforehand: less is scanned, branches without rows go, and
 * what footers answer is not asked of rows.
 */
export function refine({ root, steps }: SteppedPlan, context: PlanContext): SteppedPlan {
  const refined = (bound: Bound): Bound =>
    estimate(fromFooters(fold(cutSplits(pruneSplits(bound, context), context), context), context), context);
  return { root: refined(root), steps: new Map([...steps].map(([name, step]) => [name, refined(step)])) };
}
