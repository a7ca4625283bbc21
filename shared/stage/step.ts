import type { Schema } from '../schema.ts';
import type { FunctionStep } from './function-step.ts';
import type { LoadStep } from './load-step.ts';
import type { SourceSpec } from './split.ts';

/** The name under which a step's SQL reads the step before it. */
export const previousInput = 'previous';

/** Reads rows again, of which only the text is left, as a source reads them now. Their columns are `unreadSchema`'s. */
export interface RereadStep {
  readonly kind: 'reread';
  readonly source: SourceSpec;
  /** All of the data. */
  readonly columns: Schema;
  /** The columns to yield. */
  readonly schema: Schema;
}

/** What a task does between its inputs and its output. */
export type Step =
  /** One SELECT over the stage's inputs and `previous`, in DuckDB's SQL. */
  { readonly kind: 'sql'; readonly sql: string } | FunctionStep | RereadStep | LoadStep;
