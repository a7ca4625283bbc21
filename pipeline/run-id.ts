import { createHash, randomBytes } from 'node:crypto';

/** Names of what sinks stage hold the run: letters, digits and `-`, 40 at most. */
const nameCharacters = 18;
const suffixCharacters = 5;

/** `<pipeline>-<time>-<random>`, for example `orders-20260131T081500-3f9a2`. */
export const newRunId = (pipeline: string, atMs: number): string =>
  runId(pipeline, atMs, randomBytes(4).toString('hex'));

/** The same for the same cause and time: two leaders that both start what is due make one run. */
export const derivedRunId = (pipeline: string, atMs: number, cause: string): string =>
  runId(
    pipeline,
    atMs,
    createHash('sha256')
      .update(JSON.stringify([pipeline, atMs, cause]))
      .digest('hex'),
  );

function runId(pipeline: string, atMs: number, suffix: string): string {
  const name = pipeline.replaceAll(/[^A-Za-z0-9]/g, '-').slice(0, nameCharacters);
  const time = new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `${name}-${time}-${suffix.slice(0, suffixCharacters)}`;
}
