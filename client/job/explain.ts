import type { Explanation } from '../../shared/plan/job.ts';
import type { Draft } from '../dataset/draft.ts';
import { persist } from '../session/persist.ts';
import type { Session } from '../session/session.ts';
import type { ActionOptions } from './options.ts';
import { resolverFor } from './resolver.ts';

/** Asks the coordinator what it would run. */
export async function explainPlan(
  session: Session,
  draft: Draft,
  options: Pick<ActionOptions, 'signal'>,
): Promise<Explanation> {
  const signal = AbortSignal.any([session.closed, ...(options.signal ? [options.signal] : [])]);
  const plan = await draft(resolverFor(session, signal));
  const request = { json: JSON.stringify({ plan, name: 'explain', priority: 0 }) };
  const { json } = await persist(session, signal, () => session.jobs.explain(request, { signal }));
  return JSON.parse(json) as Explanation;
}
