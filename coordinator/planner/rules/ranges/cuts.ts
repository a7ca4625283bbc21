import type { KeyRange, Split } from '../../../../shared/stage/split.ts';
import { joinNeighbours } from '../../stages/pack.ts';
import type { KeyedPiece, KeyValue } from './pieces.ts';
import { valueSql } from './pieces.ts';

/** The pieces of one input, by a column of its files. */
export interface KeyedInput {
  readonly column: { readonly name: string; readonly type: string };
  readonly pieces: readonly KeyedPiece[];
}

/**
 * Values between which the inputs' rows fall into so many parts of about equal size; nothing if the files do not lie so
 * that tasks of such parts would read hardly more than once, and about equally much.
 */
export function cutsBetween(inputs: readonly KeyedInput[], tasks: number): readonly KeyValue[] | undefined {
  const pieces = inputs.flatMap((input) => input.pieces);
  const sorted = pieces.toSorted((a, b) => (a.min < b.min ? -1 : a.min > b.min ? 1 : 0));
  const total = bytesOf(pieces);
  const cuts: KeyValue[] = [];
  let before = 0;
  let part = 0;
  for (const { min, bytes } of sorted) {
    const next = Math.min(tasks - 1, Math.floor(((before + bytes / 2) / Math.max(1, total)) * tasks));
    before += bytes;
    if (next <= part || min <= (cuts.at(-1) ?? (sorted[0]?.min as KeyValue))) continue;
    cuts.push(min);
    part = next;
  }
  if (cuts.length + 1 < tasks) return undefined;
  const read = rangesOf(cuts).map((range) => bytesOf(pieces.filter((piece) => meets(piece, range))));
  const all = read.reduce((sum, bytes) => sum + bytes, 0);
  const isEven = Math.max(...read) * tasks <= all * unevenMax;
  return all <= total * readMax && isEven ? cuts : undefined;
}

/** Of all rows, as many are read at most: those of pieces that lie in two ranges are read twice. */
const readMax = 1.25;
/** Of an equal share, as much is the largest task's at most. */
const unevenMax = 1.5;

const bytesOf = (pieces: readonly KeyedPiece[]): number => pieces.reduce((sum, { bytes }) => sum + bytes, 0);

interface Range {
  readonly from?: KeyValue;
  readonly before?: KeyValue;
}

const rangesOf = (cuts: readonly KeyValue[]): Range[] =>
  [...cuts, undefined].map((before, i) => {
    const from = cuts[i - 1];
    return { ...(from === undefined ? {} : { from }), ...(before === undefined ? {} : { before }) };
  });

const meets = ({ min, max }: KeyedPiece, { from, before }: Range): boolean =>
  (from === undefined || max >= from) && (before === undefined || min < before);

const isWithin = ({ min, max }: KeyedPiece, { from, before }: Range): boolean =>
  (from === undefined || min >= from) && (before === undefined || max < before);

/** For each range its rows, in the order of the files. */
export const splitsInRanges = ({ column, pieces }: KeyedInput, cuts: readonly KeyValue[]): Split[][] =>
  rangesOf(cuts).map((range) => {
    const met = pieces.filter((piece) => meets(piece, range));
    const keyRange = met.every((piece) => isWithin(piece, range)) ? undefined : sqlRange(range, column);
    return joinNeighbours(met.map(({ split }) => (keyRange === undefined ? split : { ...split, range: keyRange })));
  });

const sqlRange = ({ from, before }: Range, { name, type }: KeyedInput['column']): KeyRange => ({
  column: name,
  ...(from === undefined ? {} : { from: valueSql(from, type) }),
  ...(before === undefined ? {} : { before: valueSql(before, type) }),
});
