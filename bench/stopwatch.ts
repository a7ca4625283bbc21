/** Timing for benches: whole runs, medians, and ratios of what was measured in one run of one process. */

/** Runs `work` once uncounted, then so often, and returns the median of its times in ms. */
export async function medianMs(runs: number, work: () => unknown): Promise<number> {
  await work();
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const startedMs = performance.now();
    await work();
    times.push(performance.now() - startedMs);
  }
  return median(times);
}

/** The middle one; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** One line of a bench's result. */
export function report(label: string, value: string): void {
  process.stdout.write(`${label.padEnd(58)} ${value.padStart(16)}\n`);
}

/** A time as the tables show it. */
export const milliseconds = (ms: number): string => `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
/** A ratio as the tables show it. */
export const ratio = (ours: number, theirs: number): string => `${(ours / theirs).toFixed(2)} ×`;
