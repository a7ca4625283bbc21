import type { ResolvedSource, SourceSplit } from '../source.ts';

/** What a scan reads: some of its source's splits, and of their bytes a share. */
export interface Scanned {
  readonly source: ResolvedSource;
  readonly splits: readonly SourceSplit[];
  readonly share: number;
}
