import { nothingLoaded } from '../../../connectors/nothing-loaded.ts';
import type { OutputSummary, RunCommit, RunSummary } from '../../../pipeline/records/run.ts';
import type { ErrorData } from '../../../shared/errors.ts';

/** What sinks have answered in one pass over them, which ended with an error of one of them. */
export interface Answers {
  /** Names of outputs that have committed. */
  readonly done: ReadonlySet<string>;
  readonly error: ErrorData;
  /** No earlier pass has asked the sink: what it refuses now was never loaded. */
  readonly isFirst: boolean;
}

/**
 * What is loaded, and what is not. Pure. Sinks commit in order, so that those behind one that has not committed have
 * never been asked to: they are as certain as that one is.
 */
export function halfLoaded({ summary }: RunCommit, { done, error, isFirst }: Answers): RunSummary {
  const isCertain = isFirst || error.details?.[nothingLoaded] === true;
  const left = isCertain ? 'no' : 'unknown';
  const outputs = summary.outputs.map((output): OutputSummary => {
    return { ...output, loaded: done.has(output.name) ? 'yes' : left };
  });
  return { ...summary, outputs };
}

/** The error of a run that was abandoned. */
export function abandonedError(run: string, error: ErrorData, summary: RunSummary | undefined): ErrorData {
  const named = (loaded: OutputSummary['loaded'], text: string): string[] => {
    const names = (summary?.outputs ?? []).filter((output) => output.loaded === loaded).map(({ name }) => name);
    return names.length === 0 ? [] : [`${text} ${names.join(', ')}`];
  };
  const parts = summary
    ? [...named('yes', 'loaded are'), ...named('no', 'not loaded are'), ...named('unknown', 'nobody knows of')]
    : ['nobody knows what is loaded'];
  return {
    ...error,
    retryable: false,
    message: `Run ${run} was abandoned while it was being committed; ${parts.join('; ')}. ${error.message}`,
    next: 'What is loaded stays, and no cursor has moved: the next run reads the same again. Remove what this run has loaded before, unless it is loaded by key.',
  };
}
