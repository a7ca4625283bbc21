import type { Bound } from '../bound/plan.ts';
import { isStable } from '../bound/stable.ts';
import type { PlanContext } from '../context.ts';
import { bindStep, boundStep } from './pipeline.ts';

/**
 * Rows that a plan reads twice: read anew where that costs no more than the files do and yields the same rows; else
 * made once, as a step.
 */
export const sharedRows = (bound: Bound, context: PlanContext): Bound =>
  isReadAnew(bound)
    ? bound
    : bindStep(boundStep(bound, context), context, () => {
        throw new RangeError('a step that is bound is not bound again');
      });

/** Whether rows may be read twice as they are. */
export const isReadAnew = (bound: Bound): boolean => isOfFiles(bound) && isStable(bound);

const isOfFiles = ({ operator: { kind }, inputs }: Bound): boolean =>
  (kind === 'scan' || kind === 'dataset' || kind === 'filter' || kind === 'project' || kind === 'step') &&
  inputs.every(isOfFiles);

/** Whether to make rows costs so much more than to read them that those of a common table are made once. */
export const isDear = ({ operator: { kind }, inputs }: Bound): boolean => dear.has(kind) || inputs.some(isDear);

/**
 * What filters above it do not go below, and what yields fewer rows than it reads. A join alone is filtered from above.
 */
const dear: ReadonlySet<Bound['operator']['kind']> = new Set(['aggregate', 'distinct', 'window', 'gather']);
