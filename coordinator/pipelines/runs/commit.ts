import type { Committed } from '../../../connectors/contract.ts';
import type { RunCommit, RunRecord, RunSummary } from '../../../pipeline/records/run.ts';
import { type ErrorData, SheafError } from '../../../shared/errors.ts';
import { halfLoaded } from '../decisions/abandon.ts';
import type { Point } from './attempt.ts';
import type { Sinks } from './sinks.ts';

/** How a pass over the sinks ended. */
export type CommitResult =
  | { readonly kind: 'done'; readonly summary: RunSummary }
  /** `some`: a sink has committed. `summary`: which one has. */
  | { readonly kind: 'failed'; readonly error: ErrorData; readonly some: boolean; readonly summary?: RunSummary };

/**
 * Does what was decided: one sink after the other, in the order of the decision. All of it may be done again.
 *
 * @param isFirst no sink has been asked before
 * @throws SheafError `NOT_LEADER`: the rest is the next leader's
 */
export async function commitAll(
  record: RunRecord,
  commit: RunCommit,
  sinks: Sinks,
  signal: AbortSignal,
  isFirst: boolean,
  at: (point: Point) => Promise<void> | void,
): Promise<CommitResult> {
  const name = { run: record.id, pipeline: record.pipeline };
  const done = new Map<string, Committed>();
  for (const output of commit.outputs) {
    try {
      done.set(output.name, await sinks.commit(name, output, commit.cursors, signal));
    } catch (thrown) {
      const error = SheafError.from(thrown);
      if (error.code === 'NOT_LEADER' || signal.aborted) throw error;
      const summary = halfLoaded(commit, { done: new Set(done.keys()), error: error.toData(), isFirst });
      return { kind: 'failed', error: error.toData(), some: done.size > 0, summary: withDetails(summary, done) };
    }
    await at('sinkCommitted');
  }
  return { kind: 'done', summary: withDetails(commit.summary, done) };
}

/** What a sink says of its commit counts; after a crash it may only know that it had committed. */
const withDetails = ({ sources, outputs }: RunSummary, done: ReadonlyMap<string, Committed>): RunSummary => ({
  sources,
  outputs: outputs.map((output) => ({ ...output, detail: done.get(output.name)?.detail ?? output.detail })),
});
