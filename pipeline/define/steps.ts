import type { PlanNode } from '../../shared/plan/node.ts';
import { inputsOf, mapInputs } from '../../shared/plan/walk.ts';

/**
 * Plans in which whatever several places read is a step: computed once, the same rows for all. Found by structure, so
 * it does not matter how the definition came to say the same thing twice.
 *
 * @param plans by name of output; steps in them (the sources) stay as they are
 */
export function shareSteps(plans: Readonly<Record<string, PlanNode>>): Record<string, PlanNode> {
  const texts = new Map<PlanNode, string>();
  const counts = new Map<string, number>();
  for (const plan of Object.values(plans)) count(plan);
  const names = new Map<string, string>();
  return Object.fromEntries(Object.entries(plans).map(([name, plan]) => [name, share(plan)]));

  function count(node: PlanNode): void {
    if (node.kind === 'step') return;
    const text = textOf(node);
    const seen = counts.get(text) ?? 0;
    counts.set(text, seen + 1);
    if (seen === 0) for (const input of inputsOf(node)) count(input); // What is below is then read once.
  }

  function share(node: PlanNode): PlanNode {
    if (node.kind === 'step') return node;
    const text = textOf(node);
    const inner = mapInputs(node, share);
    if ((counts.get(text) ?? 0) < 2) return inner;
    const name = names.get(text) ?? `step ${names.size + 1}`;
    names.set(text, name);
    return { kind: 'step', name, input: inner };
  }

  function textOf(node: PlanNode): string {
    const text = texts.get(node) ?? JSON.stringify(node);
    texts.set(node, text);
    return text;
  }
}
