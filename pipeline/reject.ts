import { locationOf } from './locations.ts';
import type { RejectPolicy } from './records/document.ts';

/** More rejects than these fail the run, whatever else is done with them. */
export interface RejectLimits {
  /** Rejected rows. */
  readonly rowsMax?: number;
  /** Rejected rows as a share of all, from 0 to 1. */
  readonly shareMax?: number;
}

/**
 * Rejected rows are left out, and kept in a directory or under an `s3://` prefix with rule, reason, source and
 * position.
 */
export const quarantine = (path: string, limits: RejectLimits = {}): RejectPolicy => ({
  action: 'quarantine',
  path: locationOf(path),
  ...limits,
});
/** One rejected row fails the run: nothing is loaded. What happens unless something else is said. */
export const fail = (): RejectPolicy => ({ action: 'fail' });
/** Rows that break a rule are loaded all the same, and counted. What could not be read is left out. */
export const warn = (limits: RejectLimits = {}): RejectPolicy => ({ action: 'warn', ...limits });
/** Rejected rows are left out and counted. */
export const drop = (limits: RejectLimits = {}): RejectPolicy => ({ action: 'drop', ...limits });
