import { Dataset } from '../../client/dataset/dataset.ts';
import type { Resolver } from '../../client/dataset/draft.ts';
import { SheafError } from '../../shared/errors.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { Rule as RuleDocument } from '../records/document.ts';
import type { Rule } from '../rules.ts';
import type { Source } from '../source.ts';
import { sourceDocument, sourceStep } from './source-steps.ts';

type Sources = Readonly<Record<string, Source>>;

/**
 * Rules as plain data: what a foreign key refers to becomes a plan, which reads the pipeline's own sources as steps.
 */
export async function resolvedRules(
  output: string,
  rules: readonly Rule[],
  sources: Sources,
  resolver: Resolver,
): Promise<RuleDocument[]> {
  refuseTwice(output, rules);
  const resolved: RuleDocument[] = [];
  for (const { rule } of rules) {
    if (rule.kind === 'function') resolved.push({ ...rule, function: await rule.function.plan(resolver) });
    else if (rule.kind !== 'foreignKey') resolved.push(rule);
    else {
      const { target, ...key } = rule;
      resolved.push({ ...key, plan: await planOf(target, sources, resolver) });
    }
  }
  return resolved;
}

async function planOf(target: Dataset | Source, sources: Sources, resolver: Resolver): Promise<PlanNode> {
  if (target instanceof Dataset) return await target.draft(resolver);
  const name = Object.keys(sources).find((name) => sources[name] === target);
  if (name !== undefined) return await sourceStep(name, target, resolver);
  return (await sourceDocument(target, resolver)).node;
}

function refuseTwice(output: string, rules: readonly Rule[]): void {
  const names = rules.map(({ rule }) => rule.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new SheafError('PIPELINE_INVALID', `Two rules of ${output} are called ${twice}`, {
    next: 'Leave one out, or name it otherwise.',
  });
}
