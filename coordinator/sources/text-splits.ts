import type { FileRef } from '../../shared/stage/split.ts';
import { isCompressed } from './formats.ts';

/** Byte ranges of a text file; the worker moves both ends to line starts. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** What a compressed byte becomes, by experience with logs and tables. */
const compressedShare = 1 / 5;

/** Pieces of about the wanted size, or the whole file where it cannot be entered in its middle. */
export function byteRanges({ path, sizeBytes }: FileRef, wantedBytes: number, isWhole: boolean): ByteRange[] {
  if (isWhole || isCompressed(path) || sizeBytes <= wantedBytes) return [{ from: 0, to: sizeBytes }];
  const count = Math.ceil(sizeBytes / wantedBytes);
  const at = (i: number): number => Math.floor((sizeBytes * i) / count);
  return Array.from({ length: count }, (_, i) => ({ from: at(i), to: at(i + 1) }));
}

/** Estimated bytes of text in a range. */
export const textBytes = ({ path }: FileRef, { from, to }: ByteRange): number =>
  isCompressed(path) ? (to - from) / compressedShare : to - from;
