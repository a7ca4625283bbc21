import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Keys } from '../../../shared/store/keys.ts';
import type { Operation, Store } from '../../../shared/store/store.ts';
import { isOver } from '../decisions/machine.ts';
import type { Coverage } from '../schedule/coverage.ts';
import type { PipelineBook } from './pipeline-book.ts';
import type { RunBook } from './run-book.ts';

/** What {@link forgetPipeline} works with. */
export interface ForgetParts {
  readonly runs: RunBook;
  readonly pipelines: Pick<PipelineBook, 'remove'>;
  readonly coverage: Pick<Coverage, 'forget'>;
  readonly store: Pick<Store, 'list'>;
  readonly keys: Keys;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  readonly config: Pick<Config, 'cleanTimeoutMs' | 'watchIntervalMs'>;
}

/**
 * Removes all that the store holds of a pipeline. @throws SheafError `NOT_SUPPORTED` while one of its runs is under way
 */
export async function forgetPipeline(name: string, parts: ForgetParts): Promise<void> {
  const { runs, pipelines, coverage, store, keys } = parts;
  const ids = runs.list(name).map(({ id }) => id);
  const open = runs.list(name).find(({ life }) => !isOver(life));
  if (open) {
    throw new SheafError('NOT_SUPPORTED', `Run ${open.id} of ${name} is under way`, {
      next: `Wait for its end, or cancel it: npx sheaf cancel ${open.id}.`,
    });
  }
  await cleaned(ids, parts);
  const cursors = await store.list(keys.cursorsOf(name));
  const gone = [
    ...cursors.map(({ key }) => key),
    keys.schedule(name),
    keys.coveredOf(name),
    ...ids.map((id) => keys.run(id)),
  ];
  await pipelines.remove(
    name,
    gone.map((key): Operation => ({ kind: 'delete', key })),
  );
  runs.forget(ids);
  coverage.forget(name);
}

/** Waits until runs that are over have removed what they staged, or for as long as a sink may take to. */
async function cleaned(ids: readonly string[], { runs, over, config }: ForgetParts): Promise<void> {
  const signal = AbortSignal.any([over, AbortSignal.timeout(config.cleanTimeoutMs)]);
  for (const id of ids) {
    while (runs.find(id)?.cleaned === undefined && !signal.aborted) {
      await runs.changed(id, config.watchIntervalMs, signal);
    }
  }
}
