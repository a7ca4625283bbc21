import { type RecordBatch, Table } from 'apache-arrow';
import { toArrowSchema } from '../../shared/types/arrow-schema.ts';
import type { Draft } from '../dataset/draft.ts';
import type { ActionOptions } from '../job/options.ts';
import { runJob } from '../job/run.ts';
import type { Session } from '../session/session.ts';
import { batchesOf } from './stream.ts';

/** Runs a plan and gathers its rows in one table, which has the plan's columns also when it has no rows. */
export async function collectTable(
  session: Session,
  draft: Draft,
  options: ActionOptions & { readonly name: string },
): Promise<Table> {
  using job = await runJob(session, draft, options.name, options);
  const batches: RecordBatch[] = [];
  const anew = () => void batches.splice(0);
  for await (const batch of batchesOf(session, job, anew)) batches.push(batch);
  const [first] = batches;
  return new Table(first?.schema ?? toArrowSchema(job.result.schema), batches);
}
