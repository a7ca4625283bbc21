import type { JobInfo } from '../../shared/plan/job.ts';
import { Block } from './block.ts';
import type { ProgressListener, ProgressOutput } from './listener.ts';
import { LineReport } from './report.ts';

/**
 * Where progress is drawn: `auto` draws over its own lines on a terminal and writes a line for each finished stage
 * elsewhere, `always` draws whatever stderr is, `never` writes nothing.
 */
export type ProgressMode = 'auto' | 'always' | 'never';

/** @param wanted the option, or what SHEAF_PROGRESS says */
export function progressListener(
  wanted: string | ((info: JobInfo) => void) | undefined,
  output: ProgressOutput,
  env: Readonly<Record<string, string | undefined>>,
): ProgressListener {
  if (typeof wanted === 'function') return { update: wanted, close: () => {} };
  if (wanted !== 'auto' && wanted !== 'always') return { update: () => {}, close: () => {} };
  const color = !env.NO_COLOR;
  const drawn = wanted === 'always' || (output.isTTY === true && env.TERM !== 'dumb');
  return drawn ? new Block(output, color) : new LineReport(output);
}
