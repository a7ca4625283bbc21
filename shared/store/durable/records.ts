import { crc32 } from 'node:zlib';
import { SheafError } from '../../errors.ts';
import type { Entry } from '../store.ts';

/** What one write of the journal changes. */
export interface Change {
  readonly puts: readonly Entry[];
  readonly deletes: readonly string[];
}

/** All entries at the time when a journal began. */
export interface Snapshot {
  readonly format: 1;
  /** Counts the lives of the store: revisions of a later life are higher. */
  readonly life: number;
  /** The file with what came after it. */
  readonly journal: string;
  readonly entries: readonly Entry[];
}

/** A line: the checksum of the rest, and JSON. */
export function toLine(data: Change | Snapshot): string {
  const text = JSON.stringify(data);
  return `${checksum(text)} ${text}\n`;
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

function fromLine(line: string): unknown {
  const text = line.slice(9);
  return line[8] === ' ' && line.slice(0, 8) === checksum(text) ? (JSON.parse(text) as unknown) : undefined;
}

/** @throws SheafError `FILE_CORRUPT` */
export function readSnapshot(content: string, path: string): Snapshot {
  const snapshot = fromLine(content.replace(/\n$/, '')) as Snapshot | undefined;
  if (snapshot?.format === 1) return snapshot;
  throw corrupt(path);
}

/**
 * The changes of a journal, and how many bytes of it are good. Each line was on disk before the next one was begun:
 * what is torn is the last one, which nobody was told of.
 *
 * @throws SheafError `FILE_CORRUPT` for a bad line before a good one
 */
export function readJournal(
  content: string,
  path: string,
): { readonly changes: readonly Change[]; readonly bytes: number } {
  const lines = content.split('\n');
  const parsed = lines.map(fromLine) as readonly (Change | undefined)[];
  const last = lines.length - 1; // What follows the last line's end: nothing, or the beginning of a line.
  const torn = parsed.findIndex((change, line) => change === undefined || line === last);
  if (parsed.slice(torn + 1).some((change) => change !== undefined)) throw corrupt(path);
  const good = lines.slice(0, torn);
  return {
    changes: parsed.slice(0, torn) as readonly Change[],
    bytes: good.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0),
  };
}

const corrupt = (path: string): SheafError =>
  new SheafError('FILE_CORRUPT', `The state of the cluster in ${path} is damaged`, {
    next: 'Restore the folder from a backup, or move it away: then pipelines begin without what they knew, and load from the start.',
  });
