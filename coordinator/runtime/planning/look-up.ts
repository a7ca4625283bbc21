import type { PlanNode } from '../../../shared/plan/node.ts';
import type { HeldResults } from '../jobs/held-results.ts';
import type { JobDesk } from '../jobs/job-desk.ts';
import type { JobResults } from '../jobs/job-results.ts';
import type { LookUpOptions } from './job-planner.ts';

interface Parts {
  readonly desk: Pick<JobDesk, 'submit' | 'cancel'>;
  readonly heldResults: Pick<HeldResults, 'release'>;
  readonly results: Pick<JobResults, 'rows'>;
}

/**
 * Runs a plan of one column, of texts, as a job that reads what another one brought, and lets go of it.
 *
 * @throws SheafError what the job failed with, the signal's reason, `QUOTA_EXCEEDED`
 */
export async function lookUp(
  plan: PlanNode,
  { listings, signal, ...request }: LookUpOptions,
  { desk, heldResults, results }: Parts,
): Promise<readonly string[]> {
  const id = await desk.submit({ plan, ...request }, { listings, transient: true, borrows: true });
  try {
    const rows = await results.rows(id, signal);
    return rows.map((row) => String(Object.values(row)[0]));
  } catch (thrown) {
    await desk.cancel(id, 'nobody waits for it any more');
    throw thrown;
  } finally {
    heldResults.release(id);
  }
}
