import { createHash, randomBytes } from 'node:crypto';

/**
 * Names of what sinks stage hold the run: letters, digits and `-`, 40 at most. Of these, 17 are the time and what is
 * around it.
 */
const charactersMax = 40;
const timeCharacters = 17;
const randomCharacters = 5;
/** One that is derived must not meet that of another pipeline whose name begins alike, in any of its due times. */
const derivedCharacters = 9;

/** `<pipeline>-<time>-<random>`, for example `orders-20260131T081500-3f9a2`. */
export const newRunId = (pipeline: string, atMs: number): string =>
  runId(pipeline, atMs, randomBytes(4).toString('hex').slice(0, randomCharacters));

/** The same for the same cause and time: two leaders that both start what is due make one run. */
export const derivedRunId = (pipeline: string, atMs: number, cause: string): string => {
  const hash = createHash('sha256').update(JSON.stringify([pipeline, atMs, cause]));
  return runId(pipeline, atMs, hash.digest('hex').slice(0, derivedCharacters));
};

function runId(pipeline: string, atMs: number, suffix: string): string {
  const name = pipeline.replaceAll(/[^A-Za-z0-9]/g, '-').slice(0, charactersMax - timeCharacters - suffix.length);
  const time = new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `${name}-${time}-${suffix}`;
}
