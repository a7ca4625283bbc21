import type { RunRecord } from '../../../pipeline/records/run.ts';
import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import type { LoadOutput } from '../../../shared/plan/nodes/load.ts';
import type { Documents } from '../records/documents.ts';
import type { RunCompiler } from './compile-run.ts';
import { type Sinks, written } from './sinks.ts';

/** What {@link removeStaged} works with. */
export interface CleanParts {
  readonly documents: Documents;
  readonly compiler: RunCompiler;
  readonly sinks: Sinks;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  readonly config: Pick<Config, 'cleanTimeoutMs'>;
  readonly log: Logger;
}

/**
 * Removes what a run staged and did not commit. @throws SheafError of a sink, of one that took longer than
 * `cleanTimeoutMs` too
 */
export async function removeStaged(record: RunRecord, parts: CleanParts): Promise<void> {
  const { sinks, over, config } = parts;
  const { id: run, pipeline } = record;
  const signal = AbortSignal.any([over, AbortSignal.timeout(config.cleanTimeoutMs)]);
  for (const output of await outputsOf(record, parts)) await sinks.clean({ run, pipeline }, output, signal);
}

/** Outputs that may hold something of a run. One that has no plan (any more) has staged nothing. */
async function outputsOf(record: RunRecord, { documents, compiler, log }: CleanParts): Promise<LoadOutput[]> {
  try {
    const { plan } = await compiler.plan(record, await documents.document(record.version), {});
    return written(plan.outputs);
  } catch (error) {
    log.info({ run: record.id, err: SheafError.from(error) }, 'the run has no plan');
    return [];
  }
}
