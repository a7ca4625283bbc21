import type { Analysis } from '../../client/job/analyze.ts';
import type { StageProgress } from '../../shared/plan/job.ts';
import type { SpreadMetric, StageWork } from '../../shared/plan/stage-work.ts';
import { formatBytes, formatDuration, plural } from '../../shared/quantities.ts';
import { textColumns } from './columns.ts';
import { jobText, peakText } from './job.ts';

/** The plan, the job, and of each stage what its tasks did. */
export const analysisText = ({ text, job }: Analysis): string =>
  `${text.trimEnd()}\n\n${jobText(job, job.endedMs ?? Date.now())}\n${job.stages.map(stageText).join('\n')}`;

function stageText({ id, name, tasks, elapsedMs, work }: StageProgress): string {
  const head = `stage ${id}: ${name}`;
  if (work === undefined) return `${head}\n  not all of its tasks have their output\n`;
  const { attempts, skew } = work;
  const ran = `${plural(tasks, 'task')} in ${plural(attempts, 'attempt')}`;
  const facts = [ran, formatDuration(elapsedMs), `skew ${skew.toFixed(2)}`, peakText(work.peakRssBytes)];
  const rows = measures.map(([label, metric, format]) => measureRow(label, metric, format, work));
  const table = textColumns(['of its tasks', 'least', 'median', 'most', 'all'], rows);
  return `${head}\n  ${facts.join(', ')}\n${[table, longestText(work)].join('').replaceAll(/^(?=.)/gm, '  ')}`;
}

/** The tasks one by one, those that the stage waited for first. A single task is shown above already. */
function longestText({ longest, attempts }: StageWork): string {
  if (longest.length < 2) return '';
  const rows = longest.map((task) => [
    String(task.task),
    task.worker,
    ...measures.map(([, metric, format]) => format(task[metric])),
  ]);
  const title = attempts > longest.length ? 'longest tasks' : 'tasks';
  return textColumns([title, 'on', ...measures.map(([label]) => label)], rows);
}

const formatRows = (rows: number): string => Math.round(rows).toLocaleString('en-US');
const formatSize = (bytes: number): string => formatBytes(Math.round(bytes));

const measures: readonly (readonly [string, SpreadMetric, (value: number) => string])[] = [
  ['rows in', 'rowsIn', formatRows],
  ['rows out', 'rowsOut', formatRows],
  ['bytes in', 'bytesIn', formatSize],
  ['bytes out', 'bytesOut', formatSize],
  ['time to fetch', 'fetchMs', formatDuration],
  ['time to run', 'runMs', formatDuration],
  ['spilled', 'spilledBytes', formatSize],
];

function measureRow(label: string, metric: SpreadMetric, format: (value: number) => string, work: StageWork): string[] {
  const { min, median, max } = work.perTask[metric];
  const isPart = metric === 'rowsIn' && !work.rowsInKnown;
  return [isPart ? `${label} (not those of text files)` : label, ...[min, median, max, work[metric]].map(format)];
}
