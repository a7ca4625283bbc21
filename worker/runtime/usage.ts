/**
 * What an attempt took of its worker. Attempts that run at the same time share one database and one process:
 * - each growth of the spill directory between two looks is divided evenly among those that run: the sum over attempts
 *   is
 *   what was seen to be spilled. What came and went between two looks, or took the place of what went, is not seen;
 * - the memory is that of the whole worker while the attempt ran.
 */
export interface Usage {
  spilledBytes: number;
  peakRssBytes: number;
  /** The most that the process ever held as the attempt began. */
  readonly peakBeforeBytes: number;
}

/** One look at the worker. */
export interface UsageSample {
  readonly spillBytes: number;
  readonly rssBytes: number;
  /** The most that the process ever held; 0 if unknown. */
  readonly peakRssBytes: number;
}

/** What an attempt has used as it begins. @param peakBeforeBytes the process's peak until then */
export const startUsage = (peakBeforeBytes: number): Usage => ({ spilledBytes: 0, peakRssBytes: 0, peakBeforeBytes });

/**
 * Shares a look out among the running attempts. A peak that the process set since an attempt began is its peak, too.
 */
export function share(running: ReadonlySet<Usage>, spillBytesBefore: number, sample: UsageSample): void {
  const grown = Math.max(0, sample.spillBytes - spillBytesBefore);
  for (const usage of running) {
    usage.spilledBytes += grown / running.size;
    const peakBytes = sample.peakRssBytes > usage.peakBeforeBytes ? sample.peakRssBytes : 0;
    usage.peakRssBytes = Math.max(usage.peakRssBytes, sample.rssBytes, peakBytes);
  }
}
