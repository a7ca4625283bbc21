import type { CallMode } from '../../shared/stage/function-step.ts';
import type { CallSite } from '../functions/call-site.ts';

/** A function that was passed to a dataset, with the place of the call, by which its source is found and bundled. */
export interface LocalFunction {
  readonly call: (...args: never[]) => unknown;
  readonly site: CallSite;
  readonly mode: CallMode | 'fn' | 'aggregate';
  /** The function's second argument: JSON. */
  readonly params?: unknown;
  /** npm packages that stay imports: each worker has its own. */
  readonly packages?: readonly string[] | undefined;
}
