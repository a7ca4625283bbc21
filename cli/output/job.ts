import { SheafError } from '../../shared/errors.ts';
import type { JobInfo, StageProgress } from '../../shared/plan/job.ts';
import { formatBytes, formatDuration, plural } from '../../shared/quantities.ts';
import { textColumns } from './columns.ts';
import { errorText } from './error.ts';

/** Headings for {@link jobRow}. */
export const jobHeadings = ['job', 'state', 'tasks', 'took', 'name'];

/** A job in a list. */
export function jobRow(job: JobInfo, nowMs: number): string[] {
  const sum = (field: 'finished' | 'tasks'): number => job.stages.reduce((total, stage) => total + stage[field], 0);
  return [job.id, job.state, `${sum('finished')}/${sum('tasks')}`, formatDuration(elapsedMs(job, nowMs)), job.name];
}

/** A job in full. */
export function jobText(job: JobInfo, nowMs: number): string {
  const reruns = Object.entries(job.reruns).map(([cause, count]) => `${count} by ${cause}`);
  const head = [
    `${job.id}  ${job.name}`,
    `${job.state} after ${formatDuration(elapsedMs(job, nowMs))}, ${plural(job.attempts, 'attempt')}${reruns.length > 0 ? `, run again: ${reruns.join(', ')}` : ''}`,
  ];
  const stages = job.stages.length === 0 ? '' : `\n${textColumns(stageHeadings, job.stages.map(stageRow))}`;
  const peaks = job.peaks.map(({ worker, peakRssBytes }) => `\n  ${worker}: ${peakText(peakRssBytes)}`).join('');
  const memory = peaks === '' ? '' : `\nspilled ${formatBytes(job.spilledBytes)}${peaks}\n`;
  const error = job.error === undefined ? '' : `\n${errorText(SheafError.fromData(job.error))}`;
  const adapted = job.adaptations.map(({ stage, text }) => `\n  stage ${stage}: ${text}`).join('');
  const changes = adapted === '' ? '' : `\nnot done as planned:${adapted}\n`;
  return `${head.join('\n')}\n${stages}${memory}${changes}${error}`;
}

/** @param bytes of a worker's process */
export const peakText = (bytes: number): string => `at most ${formatBytes(bytes)} of memory`;

const stageHeadings = ['stage', 'done', 'running', 'tasks', 'rows', 'bytes', 'took', 'what'];

const stageRow = (stage: StageProgress): string[] => [
  String(stage.id),
  String(stage.finished),
  String(stage.running),
  String(stage.tasks),
  stage.rowsOut.toLocaleString('en-US'),
  formatBytes(stage.bytesOut),
  formatDuration(stage.elapsedMs),
  stage.name,
];

const elapsedMs = ({ submittedMs, endedMs }: JobInfo, nowMs: number): number =>
  Math.max(0, (endedMs ?? nowMs) - submittedMs);
