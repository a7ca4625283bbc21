import type { WriteNode } from '../../../shared/plan/nodes/write.ts';

/** Which files are where. */
export interface Whereabouts {
  /** Names in the staging directory; undefined if it is gone. */
  readonly staged: ReadonlySet<string> | undefined;
  /** Names among the winners. */
  readonly chosen: ReadonlySet<string>;
  /** Names at the destination. Those of a job carry its id. */
  readonly there: ReadonlySet<string>;
}

/** What of a commit is left to do. */
export type LeftToCommit =
  /** All of it was done, whatever became of the files since. */
  | { readonly kind: 'nothing' }
  /** `files` are not at the destination yet; those `staged` are not even among the winners. */
  | { readonly kind: 'move'; readonly files: readonly string[]; readonly staged: readonly string[] }
  | { readonly kind: 'lost'; readonly file: string };

/**
 * Pure. A commit that replaces a directory is one rename: if one of its files is at the destination, all are. One that
 * appends moves file by file. The staging directory goes when the files are there.
 */
export function leftToCommit({
  mode,
  files,
  staged,
  chosen,
  there,
}: Whereabouts & { readonly mode: WriteNode['mode']; readonly files: readonly string[] }): LeftToCommit {
  if (staged === undefined) return { kind: 'nothing' };
  if (mode !== 'append' && files.some((file) => there.has(file))) return { kind: 'nothing' };
  const lost = files.find((file) => !staged.has(file) && !chosen.has(file) && !there.has(file));
  if (lost !== undefined) return { kind: 'lost', file: lost };
  const left = files.filter((file) => staged.has(file) || chosen.has(file));
  return { kind: 'move', files: left, staged: left.filter((file) => staged.has(file)) };
}
