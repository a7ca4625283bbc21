import type { FunctionStep } from '../../shared/stage.ts';
import type { CallSite } from '../functions/call-site.ts';

/** A function that was passed to a dataset, with the place of the call, by which its source is found and bundled. */
export interface LocalFunction {
  readonly call: (...args: never[]) => unknown;
  readonly site: CallSite;
  readonly mode: FunctionStep['mode'];
  /** The function's second argument: JSON. */
  readonly params?: unknown;
}
