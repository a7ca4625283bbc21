import { monotonicMs } from '../../../shared/clock.ts';
import type { JobInfo, StageProgress } from '../../../shared/plan/job.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import type { StageReport } from '../../scheduler/views/views.ts';
import type { FinalReport, JobRecord } from './job-record.ts';

/** A job as its clients see it: its record, and what the scheduler knows of it while it knows it. */
export function infoOf(record: JobRecord, core: Scheduler): JobInfo {
  const { id, name, submittedMs, life, adaptations = [] } = record;
  const { stages, attempts, reruns, spilledBytes, peaks } = reportOf(record, core);
  return {
    id,
    name,
    state: life.state,
    submittedMs,
    stages,
    adaptations,
    attempts,
    reruns,
    spilledBytes,
    peaks,
    ...('endedMs' in life ? { endedMs: life.endedMs } : {}),
    ...(life.state === 'failed' ? { error: life.error } : {}),
  };
}

const nothing: FinalReport = { stages: [], attempts: 0, reruns: {}, spilledBytes: 0, peaks: [] };

/** What the scheduler says of a job, or last said before it forgot it; nothing before it has it. */
export function reportOf({ id, report: last = nothing }: JobRecord, core: Scheduler): FinalReport {
  const report = core.jobReport(id);
  if (!report) return last;
  const reruns = Object.entries(report.reruns).filter(([, count]) => count > 0);
  const { attempts, peaks } = report;
  const spilledBytes = report.stages.reduce((sum, { metrics }) => sum + metrics.spilledBytes, 0);
  const stages = report.stages.map(progressOf);
  return { stages, attempts, reruns: Object.fromEntries(reruns), spilledBytes, peaks };
}

/** Rows and bytes that its last stage made: of the files, where it writes some. */
export function outputOf(record: JobRecord, core: Scheduler): { readonly rows: number; readonly bytes: number } {
  const last = reportOf(record, core).stages.at(-1);
  return { rows: last?.rowsOut ?? 0, bytes: last?.bytesOut ?? 0 };
}

function progressOf(stage: StageReport): StageProgress {
  const { id, name, tasks, running, finished, metrics, startedMs, finishedMs, work } = stage;
  const elapsedMs = startedMs === undefined ? 0 : (finishedMs ?? monotonicMs()) - startedMs;
  return {
    id,
    name,
    tasks,
    running,
    finished,
    rowsOut: metrics.rowsOut,
    bytesOut: metrics.bytesOut,
    elapsedMs: Math.round(elapsedMs),
    ...(work === undefined ? {} : { work }),
  };
}
