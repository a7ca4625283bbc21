import { setTimeout as pause } from 'node:timers/promises';
import { SheafError } from '../../shared/errors.ts';
import type { JobResult } from '../../shared/plan/job.ts';
import type { ExchangePart } from '../../shared/stage/exchange-part.ts';
import { errorOf, type FinishedJob } from '../job/run.ts';
import { watchJob } from '../job/watch.ts';
import { persist } from '../session/persist.ts';
import type { Session } from '../session/session.ts';

/**
 * Reports a part of a result as lost and waits until the job has made it again.
 *
 * @param rowsRead rows of the part that its reader has already passed on
 * @returns the same part of another attempt
 * @throws ResultMadeAnew if another leader has run the job again
 * @throws SheafError `RESULT_GONE` if rows were passed on that another attempt may not yield again; the job's error
 */
export async function remadePart(
  session: Session,
  job: FinishedJob,
  lost: ExchangePart,
  rowsRead: number,
): Promise<ExchangePart> {
  if (rowsRead > 0 && job.result.deterministic === false) throw cannotGoOn(lost, rowsRead);
  const { stage, task, attempt } = lost;
  const report = { job: job.id, stage, task, attempt };
  await persist(session, job.signal, () => session.jobs.reportLost(report, { signal: job.signal }));
  for (let tries = 0; tries <= session.config.resultRemakesMax; tries++) {
    const result = await finalResult(session, job);
    if (result.epoch !== job.result.epoch) throw new ResultMadeAnew(result);
    const part = partLike(lost, result);
    if (part !== undefined && (part.attempt !== lost.attempt || part.worker !== lost.worker)) return part;
    await pause(session.config.watchRetryMs, undefined, { signal: job.signal });
  }
  throw cannotGoOn(lost, rowsRead);
}

/**
 * Another leader ran the job again from its beginning. Its parts may be cut otherwise, so that they do not go with
 * parts of the result before.
 */
export class ResultMadeAnew extends SheafError {
  readonly result: JobResult;

  constructor(result: JobResult) {
    super('RESULT_GONE', 'The coordinator ended while its result was read, and rows of it were passed on', {
      next: 'Run the action again, or write the result to files.',
      retryable: true,
    });
    this.result = result;
  }
}

async function finalResult(session: Session, job: FinishedJob): Promise<JobResult> {
  for await (const { info, result } of watchJob(session, job.id, job.signal)) {
    session.onProgress(info);
    if (info.state === 'failed' || info.state === 'cancelled') throw errorOf(info);
    if (info.state === 'succeeded' && result) return result;
  }
  throw new SheafError('RESULT_GONE', `The result of ${job.id} is gone`, { next: 'Run the action again.' });
}

const partLike = (wanted: ExchangePart, { parts }: JobResult): ExchangePart | undefined =>
  parts.find(
    ({ stage, task, partition }) => stage === wanted.stage && task === wanted.task && partition === wanted.partition,
  );

const cannotGoOn = ({ worker, address }: ExchangePart, rowsRead: number): SheafError =>
  new SheafError(
    'RESULT_GONE',
    `A part of the result was lost with worker ${worker} (${address}) after ${rowsRead} of its rows were read`,
    { next: 'Run the action again, or write the result to files.', retryable: true },
  );
