import type { ErrorData } from '../../../shared/errors.ts';
import type { ProducerRef } from '../../../shared/failure.ts';
import type { Core } from '../core.ts';
import type { JobEvent, SinkEvent } from '../events.ts';
import { allParts } from '../placement/task-spec.ts';
import { type Job, moveJob } from '../state/job.ts';
import { isDurable, type Stage } from '../state/stage.ts';
import { countFreeRetry, loseFetched } from './failures.ts';
import { settle, winnerOf } from './recovery.ts';
import { endJob, finishStopped, stopJob } from './stop.ts';

type Event<Kind extends JobEvent['kind']> = JobEvent & { kind: Kind };

/** Makes the named part again, with all others that are lost by now; if it has been made since, says so again. */
export function resultLost(core: Core, { job: id, producer: ref }: Event<'resultLost'>): void {
  const job = core.jobs.get(id);
  if (job === undefined || (job.state.kind !== 'succeeded' && job.state.kind !== 'repairing')) return;
  const producer = winnerOf(job, ref);
  const isResult = producer !== undefined && producer.stage === job.finalStage;
  if (isResult) loseFetched(core, producer);
  if (job.finalStage?.state.kind === 'finished') {
    announce(core, job);
    return;
  }
  if (job.state.kind === 'succeeded') moveJob(job, 'resultLost', { kind: 'repairing', sinceMs: core.nowMs });
  if (isResult) countFreeRetry(core, producer, unfetched(ref));
  settle(core, job);
}

const unfetched = ({ worker }: ProducerRef): ErrorData => ({
  code: 'FETCH_FAILED',
  message: `A client could not fetch a part of the result from worker ${worker}.`,
});

/** Of a job that has no result yet it means nothing. */
export function jobReleased(core: Core, { job: id }: Event<'jobReleased'>): void {
  const job = core.jobs.get(id);
  if (job?.state.kind === 'repairing') stopJob(core, job, { kind: 'released' });
  else if (job?.state.kind === 'succeeded') release(core, job);
}

/** The final stage has finished. */
export function resultReady(core: Core, job: Job): void {
  const stage = job.finalStage;
  if (stage === undefined) return;
  if (isDurable(stage)) {
    moveJob(job, 'sinkReady', { kind: 'committing' });
    settle(core, job);
    core.effects.push({ kind: 'commitSink', job: job.id, stage: stage.spec.id, files: filesOf(stage) });
  } else {
    moveJob(job, 'resultReady', { kind: 'succeeded' });
    settle(core, job);
    announce(core, job);
  }
}

const filesOf = ({ tasks }: Stage): string[] =>
  tasks.flatMap(({ state }) => (state.kind === 'finished' ? (state.output.file ?? []) : []));

function announce(core: Core, job: Job): void {
  if (job.finalStage === undefined) return;
  // From here on a client may read it.
  job.finalStage.outputsRead = true;
  const parts = isDurable(job.finalStage) ? [] : allParts(job.finalStage);
  core.effects.push({ kind: 'jobSucceeded', job: job.id, parts, generation: job.resultGeneration });
}

export function sinkCommitted(core: Core, { job: id }: SinkEvent): void {
  const job = core.jobs.get(id);
  if (job?.state.kind !== 'committing') return;
  moveJob(job, 'committed', { kind: 'succeeded' });
  announce(core, job);
  release(core, job);
}

export function sinkFailed(core: Core, { job: id, error }: SinkEvent & { kind: 'sinkFailed' }): void {
  const job = core.jobs.get(id);
  if (job?.state.kind !== 'committing') return;
  moveJob(job, 'commitFailed', { kind: 'stopping', outcome: { kind: 'failed', error }, sinceMs: core.nowMs });
  finishStopped(core, job);
}

function release(core: Core, job: Job): void {
  moveJob(job, 'release', { kind: 'released' });
  endJob(core, job);
}
