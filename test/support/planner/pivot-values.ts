import { pivotLookups, withPivotValues } from '../../../coordinator/planner/sql/pivots/lookups.ts';
import type { SourceTools } from '../../../coordinator/sources/resolve-sources.ts';
import { plannerSettings } from '../../../shared/config/sections/planner.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';

/** The plan with the values of its PIVOTs, as the coordinator looks them up before it plans. */
export function knownPivots(
  plan: PlanNode,
  { dialect }: Pick<SourceTools, 'dialect'>,
  textsOf: (plan: PlanNode) => readonly string[],
): PlanNode {
  const lookups = pivotLookups(plan, dialect, plannerSettings.pivotValuesMax.default);
  if (lookups.length === 0) return plan;
  const found = lookups.map(({ node, at, plan }) => ({ node, at, values: [...new Set(textsOf(plan))] }));
  return knownPivots(withPivotValues(plan, found), { dialect }, textsOf);
}
