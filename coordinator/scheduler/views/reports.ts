import type { Job } from '../state/job.ts';
import type { Stage } from '../state/stage.ts';
import { stageWork } from './stage-work.ts';
import type { JobProgress, JobReport, StageProgress, StageReport } from './views.ts';

export const jobProgress = (job: Job): JobProgress => ({
  job: job.id,
  state: job.state.kind,
  stages: [...job.stages.values()].map(stageProgress),
});

export const jobReport = (job: Job): JobReport => ({
  job: job.id,
  state: job.state.kind,
  submittedMs: job.submittedMs,
  attempts: job.launched,
  reruns: { ...job.reruns },
  stages: [...job.stages.values()].map(stageReport),
  peaks: [...job.peaks].map(([worker, peakRssBytes]) => ({ worker, peakRssBytes })),
});

const stageProgress = ({ spec, counts }: Stage): StageProgress => ({
  id: spec.id,
  name: spec.name,
  tasks: spec.tasks,
  running: counts.running,
  finished: counts.finished,
});

function stageReport(stage: Stage): StageReport {
  const { attempts, startedMs, finishedMs, metrics } = stage.totals;
  const work = stageWork(stage);
  return {
    ...stageProgress(stage),
    attempts,
    ...(startedMs === undefined ? {} : { startedMs }),
    ...(finishedMs === undefined ? {} : { finishedMs }),
    metrics: { ...metrics },
    ...(work === undefined ? {} : { work }),
  };
}
