import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SheafError } from '../../../shared/errors.ts';
import type { Split } from '../../../shared/stage/split.ts';
import { QuoteParity } from './quote-parity.ts';

/** A split of a text file. */
export type TextSplit = Extract<Split, { kind: 'csv' | 'ndjson' }>;

/** Bytes copied, or searched for a line's end, at a time. */
const chunkBytes = 1024 * 1024;
const newline = 0x0a;

/** Whether a split is all of its file: then the file itself is read, compressed or not. */
export const isWhole = ({ from, to, file }: TextSplit): boolean => from === 0 && to >= file.sizeBytes;

/**
 * The bytes of a split as a file of its own: from the first line start at or after `from` to the end of the line that holds
 * `to - 1`, as Spark cuts text. Neighbouring splits share no line and lose none. A whole file is not copied.
 *
 * @param number tells the splits of one task apart
 * @returns the path to read; the caller removes `directory` after the task
 * @throws SheafError `ROW_MALFORMED` if the cut falls into a quoted value, which then spans lines
 */
export function materialiseRange(split: TextSplit, directory: string, number: number): string {
  if (isWhole(split)) return split.file.path;
  const path = join(directory, `range-${number}.${split.kind}`);
  const source = openSync(split.file.path, 'r');
  const target = openSync(path, 'w');
  try {
    const { from, to } = alignedRange(source, split);
    const parity = new QuoteParity(split);
    copy(source, target, from, to, parity);
    if (parity.isOpen) throw cutInQuotes(split);
    return path;
  } finally {
    closeSync(source);
    closeSync(target);
  }
}

/** Both ends moved to line starts. */
export function alignedRange(source: number, { from, to, file }: TextSplit): { from: number; to: number } {
  return { from: lineStart(source, from, file.sizeBytes), to: lineStart(source, to, file.sizeBytes) };
}

/** The first line start at or after a place. */
function lineStart(source: number, place: number, size: number): number {
  if (place <= 0) return 0;
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (let at = place - 1; at < size; ) {
    const read = readSync(source, buffer, 0, chunkBytes, at);
    if (read === 0) break;
    const found = buffer.subarray(0, read).indexOf(newline);
    if (found >= 0) return at + found + 1;
    at += read;
  }
  return size;
}

function copy(source: number, target: number, from: number, to: number, parity: QuoteParity): void {
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(1, to - from)));
  for (let at = from; at < to; ) {
    const read = readSync(source, buffer, 0, Math.min(buffer.length, to - at), at);
    if (read === 0) return;
    const bytes = buffer.subarray(0, read);
    parity.add(bytes);
    for (let written = 0; written < read; ) written += writeSync(target, bytes, written, read - written);
    at += read;
  }
}

const cutInQuotes = ({ file, from, to }: TextSplit): SheafError =>
  new SheafError('ROW_MALFORMED', `${file.path}: a quoted value spans lines (between bytes ${from} and ${to})`, {
    next: 'Read it with { multiline: true } (in SQL: read_csv(…, parallel = false)): then it is read in one piece, and quoted values may hold newlines.',
    details: { file: file.path, from, to },
  });
