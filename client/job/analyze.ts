import type { Explanation, JobInfo } from '../../shared/plan/job.ts';
import type { Draft } from '../dataset/draft.ts';
import type { Session } from '../session/session.ts';
import { explainPlan } from './explain.ts';
import type { ActionOptions } from './options.ts';
import { runJob } from './run.ts';

/** What was planned, and what the job then did. */
export interface Analysis extends Explanation {
  /** `stages[i].work` says what the tasks of a stage did, `adaptations` what was not done as planned. */
  readonly job: JobInfo;
}

/** Plans a question for people to see, then runs it; its rows stay on the workers, and go. */
export async function analyzePlan(session: Session, draft: Draft, options: ActionOptions): Promise<Analysis> {
  const explanation = await explainPlan(session, draft, options);
  using job = await runJob(session, draft, 'explain analyze', options);
  return { ...explanation, job: job.info };
}
