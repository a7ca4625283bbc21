/** By the first columns of the select list. */
export const groupByFirst = (columns: number): string | undefined =>
  columns === 0 ? undefined : `GROUP BY ${positions(Array.from({ length: columns }, (_, i) => i))}`;

/** @param sets columns of the select list, counted from 0 */
export const groupBySets = (sets: readonly (readonly number[])[]): string =>
  `GROUP BY GROUPING SETS (${sets.map((set) => `(${positions(set)})`).join(', ')})`;

const positions = (columns: readonly number[]): string => columns.map((at) => at + 1).join(', ');
