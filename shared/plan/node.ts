import type { AggregateNode } from './nodes/aggregate.ts';
import type { CallNode } from './nodes/call.ts';
import type { DatasetNode } from './nodes/dataset.ts';
import type { DistinctNode } from './nodes/distinct.ts';
import type { ExtendNode } from './nodes/extend.ts';
import type { ExtractNode } from './nodes/extract.ts';
import type { FilterNode } from './nodes/filter.ts';
import type { JoinNode } from './nodes/join.ts';
import type { JudgeNode } from './nodes/judge.ts';
import type { LimitNode } from './nodes/limit.ts';
import type { LoadNode } from './nodes/load.ts';
import type { ProjectNode } from './nodes/project.ts';
import type { RepartitionNode } from './nodes/repartition.ts';
import type { ScanNode } from './nodes/scan.ts';
import type { SortNode } from './nodes/sort.ts';
import type { SqlNode } from './nodes/sql.ts';
import type { StepNode } from './nodes/step.ts';
import type { UnionNode } from './nodes/union.ts';
import type { WindowNode } from './nodes/window.ts';
import type { WriteNode } from './nodes/write.ts';

/**
 * The logical plan: what a dataset or a SQL text asks for, before anyone decides how. Immutable plain data, built by
 * the client and sent to the coordinator as JSON.
 */
export type PlanNode =
  | AggregateNode
  | CallNode
  | DatasetNode
  | DistinctNode
  | ExtendNode
  | ExtractNode
  | FilterNode
  | JoinNode
  | JudgeNode
  | LimitNode
  | LoadNode
  | ProjectNode
  | RepartitionNode
  | ScanNode
  | SortNode
  | SqlNode
  | StepNode
  | UnionNode
  | WindowNode
  | WriteNode;

/** The kinds of plan nodes. */
export type PlanKind = PlanNode['kind'];

/** A node of one kind. */
export type PlanOf<K extends PlanKind> = Extract<PlanNode, { kind: K }>;

/** One function per kind: a visitor that misses a kind does not compile. */
export type PlanVisitor<Result, Context = void> = {
  readonly [K in PlanKind]: (node: PlanOf<K>, context: Context) => Result;
};

/** Calls the visitor's function for the node's kind. */
export function visit<Result, Context>(
  node: PlanNode,
  visitor: PlanVisitor<Result, Context>,
  context: Context,
): Result {
  return (visitor[node.kind] as (node: PlanNode, context: Context) => Result)(node, context);
}
