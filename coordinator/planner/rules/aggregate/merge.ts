/** An aggregate call as text, taken apart. */
export interface CallText {
  /** In lower case. */
  readonly name: string;
  readonly args: readonly string[];
  /** The condition of FILTER. */
  readonly filter?: string;
  /** Items of its ORDER BY: expressions, and what stands behind each. */
  readonly orders: readonly OrderText[];
  /** The call's type. */
  readonly type: string;
  /** The type of its first argument. */
  readonly argument: string;
}

/** The ORDER BY of an aggregate, printed. */
export interface OrderText {
  readonly sql: string;
  /** ` DESC NULLS LAST` and the like. */
  readonly direction: string;
}

/** Adds a column that each task computes of its own rows, and returns its quoted name. */
export type PartOf = (sql: string) => string;

/** How parts make the whole. */
export interface Merge {
  /** Aggregates over the parts of all tasks. */
  readonly wholes: readonly string[];
  /** The result, given the names of the wholes; absent where the only whole is the result. */
  readonly finish?: (wholes: readonly string[]) => string;
}

/** A call with this one's FILTER. */
export const over = ({ filter }: CallText, name: string, ...args: readonly string[]): string =>
  `${name}(${args.join(', ')})${filter === undefined ? '' : ` FILTER (WHERE ${filter})`}`;
