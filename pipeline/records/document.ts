import type { Json } from '../../shared/json.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { NamedRule, RowOrKeyRule } from '../../shared/plan/nodes/judge.ts';
import type { Schema } from '../../shared/schema.ts';

/**
 * A pipeline as plain data: what its TypeScript file is compiled to by the client, stored by the cluster under its
 * name, and run by the leader. No user code but the bundles that its plan names. The same file gives the same version.
 */
export interface PipelineDocument {
  readonly name: string;
  /** SHA-256 of the rest, in hex. */
  readonly version: string;
  readonly schedule?: Schedule;
  /** Values of a run, by name; in plans and options they stand as `{ $param: name }`, in SQL as `$name`. */
  readonly params: Readonly<Record<string, ParamSpec>>;
  /** Sources by name: `extract` or `scan` nodes. */
  readonly sources: Readonly<Record<string, SourceDocument>>;
  readonly outputs: readonly OutputDocument[];
  /** Of rows that could not be read or break a rule, in all sources and outputs. */
  readonly onReject: RejectPolicy;
  readonly onFailure?: FailureHook;
  readonly retry: RetryPolicy;
}

/** A source of a pipeline as data. */
export interface SourceDocument {
  readonly node: PlanNode;
  /** Read only what is new since the last committed run. */
  readonly incremental: boolean;
  /** The next cursor is the greatest value of this column, unless the listing says it. */
  readonly cursorColumn?: string;
}

/** One relation that is validated and loaded. */
export interface OutputDocument {
  readonly name: string;
  /** Reads sources as steps named after them. */
  readonly plan: PlanNode;
  readonly rules: readonly Rule[];
  readonly sink: { readonly connector: string; readonly options: Json; readonly single: boolean };
}

/** What a good row, or dataset, is. */
export type Rule = RowOrKeyRule | (NamedRule & DatasetRule);

/** Of all rows: checked before the commit is authorised. */
export type DatasetRule =
  | { readonly kind: 'rowCount'; readonly min?: number; readonly max?: number }
  /** The newest value of the column is at most so old when the run starts. */
  | { readonly kind: 'freshness'; readonly column: string; readonly maxAgeMs: number }
  /** One row, one boolean: an aggregate over the relation. */
  | { readonly kind: 'dataset'; readonly sql: string };

/** What becomes of rows that cannot be read or break a rule. */
export interface RejectPolicy {
  /**
   * `fail`: nothing is loaded. `warn`: bad rows are loaded and counted. `drop`: left out and counted. `quarantine`:
   * left out, and kept.
   */
  readonly action: 'fail' | 'warn' | 'drop' | 'quarantine';
  /** Directory or `s3://` prefix of the quarantine. */
  readonly path?: string;
  /** More rejects than these fail the run, whatever the action. */
  readonly rowsMax?: number;
  readonly shareMax?: number;
}

/** When a pipeline is due, and what follows when runs overlap or were missed. */
export interface Schedule {
  /** Five or six fields, as cron's. */
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
  /** When a run is due while the last one still runs. */
  readonly overlap: 'skip' | 'queue' | 'cancel';
  /** Which of the runs that were missed (nobody led, or paused) are made up. */
  readonly catchUp: 'none' | 'last' | 'all';
}

/** How often a run is attempted; pauses double from the first up to the largest. */
export interface RetryPolicy {
  /** Attempts at a run in all, at least 1. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly delayMsMax: number;
}

/** Who is notified of runs that failed for good. */
export interface FailureHook {
  /** Receives the run as JSON by POST. */
  readonly url: Json;
}

/** A parameter that a pipeline declares; without a value each run must give one. */
export interface ParamSpec {
  /** A DuckDB type. */
  readonly type: string;
  readonly value?: Json;
}

/** A rejected row as the quarantine keeps it. */
export const quarantineSchema: Schema = [
  { name: 'run', type: 'VARCHAR' },
  { name: 'pipeline', type: 'VARCHAR' },
  { name: 'output', type: 'VARCHAR' },
  /** Where it was rejected: `extract` (could not be read: `row` is its raw text) or `validate` (`row` is JSON). */
  { name: 'stage', type: 'VARCHAR' },
  { name: 'rule', type: 'VARCHAR' },
  { name: 'reason', type: 'VARCHAR' },
  { name: 'source', type: 'VARCHAR' },
  { name: 'position', type: 'BIGINT' },
  { name: 'row', type: 'VARCHAR' },
  { name: 'rejected_at', type: 'TIMESTAMP' },
];
