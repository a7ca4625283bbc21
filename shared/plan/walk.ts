import type { FunctionRef } from '../stage/function-step.ts';
import { type PlanNode, type PlanVisitor, visit } from './node.ts';
import type { ExtractNode } from './nodes/extract.ts';

const children: PlanVisitor<readonly PlanNode[]> = {
  scan: () => [],
  dataset: () => [],
  extract: ({ reread }) => (reread ? [reread] : []),
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
  step: ({ input }) => [input],
  judge: ({ input, rules }) => [input, ...rules.flatMap((rule) => (rule.kind === 'foreignKey' ? [rule.plan] : []))],
  load: ({ outputs }) => outputs.map(({ input }) => input),
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
  ...new Set([...nodesOf(plan)].flatMap((node) => functionsOf(node).map(({ sha256 }) => sha256))),
];

const functionsOf = (node: PlanNode): readonly FunctionRef[] => {
  if (node.kind === 'sql') return (node.functions ?? []).map((each) => each.function);
  if (node.kind === 'judge')
    return node.rules.flatMap((rule) => (rule.kind === 'function' ? [rule.function.function] : []));
  return node.kind === 'call' ? [node.function] : [];
};

/** Ids of the client-held datasets that a plan reads, each once. */
export const datasetsOf = (plan: PlanNode): string[] => [
  ...new Set([...nodesOf(plan)].flatMap((node) => (node.kind === 'dataset' ? [node.id] : []))),
];

/** Reads of connectors, each once. */
export const extractsOf = (plan: PlanNode): ExtractNode[] => [
  ...new Map(
    [...nodesOf(plan)].flatMap((node) => (node.kind === 'extract' ? [[extractKey(node), node] as const] : [])),
  ).values(),
];

/** Equal for nodes that are listed the same, wherever they stand in a plan. */
export const extractKey = ({ connector, options, schema, provenance, cursor, reread }: ExtractNode): string =>
  JSON.stringify([connector, options, schema, provenance, cursor, reread !== undefined]);

/** The node over others in place of its direct inputs, wherever in it they stand. */
export function mapInputs<Node extends PlanNode>(node: Node, map: (input: PlanNode) => PlanNode): Node {
  const mapped = new Map<unknown, PlanNode>(inputsOf(node).map((input) => [input, map(input)]));
  const replace = (value: unknown): unknown => {
    if (mapped.has(value)) return mapped.get(value);
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item)]));
  };
  const replaced = Object.entries(node).map(([key, item]) => [key, replace(item)]);
  return mapped.size === 0 ? node : (Object.fromEntries(replaced) as Node);
}
