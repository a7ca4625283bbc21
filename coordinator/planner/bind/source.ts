import { SheafError } from '../../../shared/errors.ts';
import type { ScanNode } from '../../../shared/plan/nodes/scan.ts';
import type { PlanContext } from '../context.ts';
import { type ResolvedSource, scanKey } from '../source.ts';

/** What was found out about a scan's files before planning. */
export function sourceOf(scan: ScanNode, { sources }: Pick<PlanContext, 'sources'>): ResolvedSource {
  const source = sources.get(scanKey(scan));
  if (source !== undefined) return source;
  throw new SheafError('INTERNAL', `The files of a scan were not resolved: ${scan.paths.join(', ')}`);
}
