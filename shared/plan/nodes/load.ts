import type { Json } from '../../json.ts';
import type { PlanNode } from '../node.ts';

/**
 * Writes several relations to sinks, which stage what comes. Always the root. The job's result is one row for each task
 * that wrote: `output VARCHAR, task INTEGER, receipt VARCHAR` (a `LoadReceipt` as JSON). Receipts travel through the
 * exchange, so exactly one attempt's receipt for each task is among them: that is the choice of the attempts to commit.
 */
export interface LoadNode {
  readonly kind: 'load';
  /** The run of a pipeline that this is. */
  readonly run: string;
  readonly pipeline: string;
  readonly outputs: readonly LoadOutput[];
}

/** One relation that is loaded. */
export interface LoadOutput {
  /** Unique within the node. */
  readonly name: string;
  readonly input: PlanNode;
  readonly sink: SinkSpec;
}

/** Where an output goes. */
export interface SinkSpec {
  /**
   * A name of `connectors/registry.ts`, or `collect`: the rows themselves, a few, become the receipt (`detail.rows`).
   */
  readonly connector: string;
  /** The connector's own; a secret stands in them as `{ $secret: name }`. */
  readonly options: Json;
  /** What the sink's `prepare` returned. */
  readonly prepared: Json;
  /** Gather the rows in one task. */
  readonly single: boolean;
}

/** What a task wrote. */
export interface LoadReceipt {
  readonly rows: number;
  readonly bytes: number;
  /** What the sink's commit needs to find it: the name of a staging table, the parts of an upload. */
  readonly detail: Json;
}
