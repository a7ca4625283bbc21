import type { Column, Schema } from '../../../shared/schema.ts';
import type { FunctionStep } from '../../../shared/stage/function-step.ts';
import type { StageInput } from '../../../shared/stage/stage.ts';
import { previousInput, type Step } from '../../../shared/stage/step.ts';
import type { JoinChoice, WholeInput } from './choices.ts';
import { isBare, type Query, queryOf, queryText } from './query.ts';

/** A stage under construction: operators are added to it until one needs its rows elsewhere. Immutable. */
export interface Fragment {
  readonly inputs: readonly StageInput[];
  /** Steps that are done; the open query reads the inputs or the last of them. */
  readonly steps: readonly Step[];
  readonly query: Query;
  readonly schema: Schema;
  readonly tasks: number;
  /** For people: what it does, in order. */
  readonly labels: readonly string[];
  readonly notes: readonly string[];
  readonly traits: Traits;
  readonly size: Size;
  /** The joins in it. */
  readonly joins?: readonly JoinChoice[];
  /** What it may read in place of an input, if that is little. */
  readonly whole?: WholeInput;
}

/** What may be relied on when a task runs a second time, or rows are cut and spread. */
export interface Traits {
  /** A second run of a task yields the same rows, in whatever order. */
  readonly deterministic: boolean;
  /** A second run of a task yields the same rows in the same order. */
  readonly ordered: boolean;
  /** Only row by row over splits and datasets: a task without splits yields no rows. */
  readonly rowwise: boolean;
  /** Columns that identify a row, as after an aggregation by them. In lower case. */
  readonly unique?: ReadonlySet<string>;
  /**
   * Rows of several tasks that are equal in it are in one of them. What relies on that must say so: see `alreadyMet`.
   */
  readonly partitionedBy?: PartitionedBy;
  /** Columns whose values are those of a file's column, in lower case: see `rules/ranges`. */
  readonly origins?: ReadonlyMap<string, Origin>;
  /** Its tasks read ranges of a key. */
  readonly ranged?: Ranged;
}

/** A column of the files that an input reads. */
export interface Origin {
  readonly input: string;
  readonly column: Column;
}

/**
 * Each task has the rows of one range of a key's values, from every one of these columns; these columns of its own hold
 * the key, in lower case.
 */
export interface Ranged {
  readonly origins: readonly Origin[];
  readonly names: ReadonlySet<string>;
}

/**
 * For each key by whose hash rows were spread over tasks, the columns that hold it, in lower case; equal values of
 * either are in one task, and at least one column is there for each key.
 */
export type PartitionedBy = readonly ReadonlySet<string>[];

/** Estimates; upper bounds where nothing is known. */
export interface Size {
  readonly rows: number;
  readonly bytes: number;
  /** What filters have left of the table that it is made of. Absent: all. */
  readonly share?: number;
  /** Of the bytes, what joins pass on: not the columns that only their conditions take. */
  readonly kept?: number;
  /** A filter of which nobody knows what it leaves is in it: there may be far less. */
  readonly unsure?: true;
}

/** Ends the open query as a step. The first step always selects: a function reads what a step yields. */
export function closeQuery(fragment: Fragment): Fragment {
  if (fragment.steps.length > 0 && isBare(fragment.query) && fragment.query.from === previousInput) return fragment;
  const step: Step = { kind: 'sql', sql: queryText(fragment.query) };
  return { ...fragment, steps: [...fragment.steps, step], query: queryOf(previousInput) };
}

/** The fragment with a function step behind its query. */
export function addFunction(fragment: Fragment, step: FunctionStep): Fragment {
  const closed = closeQuery(fragment);
  return { ...closed, steps: [...closed.steps, step], schema: step.schema };
}

/** The fragment with its open query changed and one more label. */
export const continued = (
  fragment: Fragment,
  query: Query,
  label: string,
  change: Partial<Pick<Fragment, 'schema' | 'size' | 'traits'>> = {},
): Fragment => ({
  ...fragment,
  ...change,
  query,
  labels: fragment.labels.at(-1) === label ? fragment.labels : [...fragment.labels, label],
});

/** The fragment with a note for `explain`. */
export const withNote = (fragment: Fragment, note: string): Fragment => ({
  ...fragment,
  notes: [...fragment.notes, note],
});
