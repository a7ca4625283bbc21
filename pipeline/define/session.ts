import type { Session } from '../../client/session/session.ts';
import { SheafError } from '../../shared/errors.ts';

/**
 * What datasets inside a definition have for a session: a pipeline is described, not run, so their actions (`collect`,
 * `write`, …) have nothing to run on.
 */
export const definitionSession: Session = new Proxy({} as Session, {
  get() {
    throw new SheafError(
      'PIPELINE_INVALID',
      'A step of a pipeline is asked for its rows while the pipeline is defined',
      {
        next: 'Return the step from `transform`; the run loads its rows. To look at them: npx sheaf test FILE.',
      },
    );
  },
});
