import type { StageId } from '../../shared/ids.ts';
import type { JoinType } from '../../shared/plan/nodes/join.ts';

/** What of a stage may be decided anew when the sizes of what it reads are known: see `adapt/`. */
export interface StageChoices {
  /** What its output was estimated at. */
  readonly bytes: number;
  /** The joins that it runs, inner ones first. */
  readonly joins: readonly JoinChoice[];
  /** The number of its partitions was asked for by the user: as many tasks read them. */
  readonly asked?: true;
  /** If this stage has little in it, the input of this name reads all of it, in one task. */
  readonly whole?: WholeInput;
}

/** A join in a stage, by the names of the inputs on its sides. */
export interface JoinChoice {
  /** How its sides meet: both by hash, or one sent whole to the other. `fixed`: by hash, and what follows relies on that. */
  readonly kind: 'hash' | 'broadcast' | 'fixed';
  /** The sides that are what their input is, and nothing else: the one sent whole, or both. */
  readonly plain: readonly ('left' | 'right')[];
  readonly type: JoinType;
  readonly left: readonly string[];
  readonly right: readonly string[];
}

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
