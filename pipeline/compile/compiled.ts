import type { Json } from '../../shared/json.ts';
import type { LoadNode } from '../../shared/plan/nodes/load.ts';
import type { PipelineDocument } from '../records/document.ts';

/**
 * What `compile` (`pipeline/compile/`) makes of a document, and what the leader counts on when it runs it. Compiling is
 * pure: the same input gives the same plan.
 */
export type Compile = (input: CompileInput) => CompiledRun;

/** Everything that a run's plan depends on. */
export interface CompileInput {
  readonly document: PipelineDocument;
  readonly run: string;
  /** The run's parameters as given, without the document's defaults. */
  readonly params: Readonly<Record<string, Json>>;
  /** Where the last committed load of each source left off. */
  readonly cursors: Readonly<Record<string, Json>>;
  /** Wall-clock time, for `run_time` and for what is fresh. */
  readonly startedMs: number;
  readonly interval?: { readonly startMs: number; readonly endMs: number };
}

/** A run's plan, and what the leader needs to know to carry it out. */
export interface CompiledRun {
  /**
   * Sources are steps named after them; `prepared` of its sinks is null: the leader puts in what `prepare` returned.
   */
  readonly plan: LoadNode;
  readonly outputs: readonly CompiledOutput[];
  /** Other outputs of the plan that are loaded with them. */
  readonly also?: readonly string[];
}

/** Which outputs of the plan belong to an output of the document. */
export interface CompiledOutput {
  /** In the document. */
  readonly name: string;
  /** In the plan: the rows that are loaded. */
  readonly target: string;
  /** In the plan: the rejected rows that are kept. */
  readonly quarantine?: string;
  /** In the plan: a `collect` sink whose rows are `CountRow`s, one for each thing counted. */
  readonly counts: string;
}

/** What was counted of one thing, over all tasks. Numbers may come as text, as DuckDB's BIGINT does in JSON. */
export interface CountRow {
  /** `source`: rows read; `output`: rows that came to the rules; `rule`: rows that it looked at. */
  readonly about: 'source' | 'output' | 'rule';
  /** Of the source, the output, or the rule. */
  readonly name: string;
  readonly rows: number | string;
  /** Rows that could not be read, that some rule rejected, that this rule rejected. */
  readonly rejected: number | string;
  /**
   * As text. Of a source with a cursor column, its greatest value; of `freshness`, the newest value as an ISO timestamp
   * in UTC; of a `dataset` rule, `true` or `false`. Else null.
   */
  readonly found: string | null;
}
