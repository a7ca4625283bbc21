import { type PlanNode, type PlanVisitor, visit } from './node.ts';

const children: PlanVisitor<readonly PlanNode[]> = {
  scan: () => [],
  dataset: () => [],
  sql: ({ relations = [] }) => relations.map(({ plan }) => plan),
  filter: ({ input }) => [input],
  project: ({ input }) => [input],
  extend: ({ input }) => [input],
  call: ({ input }) => [input],
  aggregate: ({ input }) => [input],
  sort: ({ input }) => [input],
  limit: ({ input }) => [input],
  distinct: ({ input }) => [input],
  repartition: ({ input }) => [input],
  window: ({ input }) => [input],
  write: ({ input }) => [input],
  join: ({ left, right }) => [left, right],
  union: ({ inputs }) => inputs,
};

/** A node's direct inputs, in their order. */
export const inputsOf = (node: PlanNode): readonly PlanNode[] => visit(node, children, undefined);

/** A node and all below it, parents first. */
export function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const input of inputsOf(node)) yield* nodesOf(input);
}

/** Names of the function bundles that a plan needs, each once. */
export const bundlesOf = (plan: PlanNode): string[] => [
  ...new Set([...nodesOf(plan)].flatMap((node) => (node.kind === 'call' ? [node.function.sha256] : []))),
];

/** Ids of the client-held datasets that a plan reads, each once. */
export const datasetsOf = (plan: PlanNode): string[] => [
  ...new Set([...nodesOf(plan)].flatMap((node) => (node.kind === 'dataset' ? [node.id] : []))),
];
