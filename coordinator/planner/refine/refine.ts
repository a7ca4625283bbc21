import type { PlanContext } from '../context.ts';
import type { SteppedPlan } from '../steps.ts';
import { fold } from './fold.ts';
import { pruneSplits } from './prune-splits.ts';

/** What the values of constants and the files' statistics say beforehand: less is scanned, and branches without rows go. */
export function refine({ root, steps }: SteppedPlan, context: PlanContext): SteppedPlan {
  const refined = [...steps].map(([name, step]) => [name, fold(pruneSplits(step, context), context)] as const);
  return { root: fold(pruneSplits(root, context), context), steps: new Map(refined) };
}
