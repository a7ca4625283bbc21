import type { StageId } from '../../../shared/ids.ts';
import type { JoinType } from '../../../shared/plan/nodes/join.ts';
import type { Query } from './query.ts';

/** What of a stage may be decided anew when the sizes of what it reads are known: see `adapt/`. */
export interface StageChoices {
  /** What its output was estimated at: see `Size`. */
  readonly bytes: number;
  readonly rows?: number;
  readonly share?: number;
  readonly unsure?: true;
  /** Its rows come in an order that a reader may rely on. */
  readonly ordered?: true;
  /** The joins that it runs, inner ones first. */
  readonly joins: readonly JoinChoice[];
  /** The number of its partitions was asked for by the user: as many tasks read them. */
  readonly asked?: true;
  /**
   * For each key by whose hash the rows that it reads have met, the columns of its output that hold it, in lower case:
   * a row of it depends on the rows with its own keys only.
   */
  readonly metBy?: readonly (readonly string[])[];
  /** Its last step taken apart, where that groups rows by the first of its columns. */
  readonly grouping?: Query;
  /** If this stage has little in it, the input of this name reads all of it, in one task. */
  readonly whole?: WholeInput;
}

/** A join in a stage, by the names of the inputs on its sides. */
export interface JoinChoice {
  /**
   * How its sides meet: both by hash, or one sent whole to the other. `fixed`: by hash, and what follows relies on
   * that.
   */
  readonly kind: 'hash' | 'broadcast' | 'fixed';
  /** The sides that are what their input is, and nothing else: the one sent whole, or both. */
  readonly plain: readonly ('left' | 'right')[];
  readonly type: JoinType;
  readonly left: readonly string[];
  readonly right: readonly string[];
  /** How the keys by which both sides are hashed compare, one after the other. */
  readonly comparisons?: readonly Comparison[];
  /** Rows of a side that have no partner were left out before. */
  readonly filtered?: true;
}

/** Nulls are equal in the second only. */
export type Comparison = '=' | 'IS NOT DISTINCT FROM';

/** In place of the input `name`, which reads what was made of stage `from` by way of others, that stage itself. */
export interface WholeInput {
  readonly name: string;
  readonly from: StageId;
  readonly bytesMax: number;
}

/** Sides of a join whose rows several tasks may see: those whose rows without a match are not in the result. */
export const mayRepeat: Readonly<Record<JoinType, readonly ('l' | 'r')[]>> = {
  inner: ['r', 'l'],
  left: ['r'],
  right: ['l'],
  full: [],
  semi: ['r'],
  anti: ['r'],
  // Each row of the left side looks for its nearest among all rows of the right one.
  asof: ['r'],
  asofLeft: ['r'],
};

/** Sides of a join whose rows without a match are not seen in its result: they may be left out before it. */
export const mayLeaveOut: Readonly<Record<JoinType, readonly ('left' | 'right')[]>> = {
  inner: ['left', 'right'],
  left: ['right'],
  right: ['left'],
  full: [],
  semi: ['left', 'right'],
  anti: ['right'],
  // By its equalities alone: the nearest row is looked for among those that are equal in them.
  asof: ['left', 'right'],
  asofLeft: ['right'],
};

/** The sides whose rows a join passes on as they are: it has no row without their values. */
export const keptSides: Readonly<Record<JoinType, readonly ('l' | 'r')[]>> = {
  inner: ['l', 'r'],
  left: ['l'],
  right: ['r'],
  full: [],
  semi: ['l'],
  anti: ['l'],
  // With fewer rows on the right, others would be the nearest.
  asof: ['l'],
  asofLeft: ['l'],
};
