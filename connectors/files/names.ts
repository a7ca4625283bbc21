import { createHash } from 'node:crypto';

/**
 * Names below a destination. Data files carry the load that wrote them, so that a reader can tell those of a load that
 * is not (or not yet) committed; what is ours besides lies in `_sheaf`, which readers pass over.
 */
const ledgerFolder = '_sheaf/ledger';
/** Marks of commits that have begun and not ended; they hide their loads' files. */
export const pendingFolder = '_sheaf/pending';
/** Files that are written and not published yet. */
export const stagingFolder = '_sheaf/staging';
/** Written anew when a commit begins and ends: a reader that finds it unchanged has seen none of either. */
export const headName = '_sheaf/head.json';

/** One load of one output into one destination: letters, digits, `-` and `_`. */
export function loadName(run: string, output: string): string {
  const slug = output.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 24);
  return `${run}_${slug}-${createHash('sha256').update(output).digest('hex').slice(0, 6)}`;
}

/** The ledger entry of a load: once it is there, the load has happened. */
export const ledgerName = (load: string): string => `${ledgerFolder}/${load}.json`;
/** The mark of a commit that has begun and not ended. */
export const pendingName = (load: string): string => `${pendingFolder}/${load}.json`;

/** @param number of the files of one attempt in one folder */
export const partName = (number: number, load: string, attempt: string, ending: string): string =>
  `part-${String(number).padStart(5, '0')}.${load}.${attempt}.${ending}`;

/** The load that wrote a file; nothing if its name is not one of ours. */
export const loadOf = (name: string): string | undefined =>
  /(?:^|\/)part-\d{5,}\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[a-z.]+$/.exec(name)?.[1];

/** The destination of a file of ours: without its name and the folders of partitions. */
export function destinationOf(key: string): string {
  const folders = key.split('/').slice(0, -1);
  while (/^[^=]+=/.test(folders.at(-1) ?? '')) folders.pop();
  return folders.join('/');
}
