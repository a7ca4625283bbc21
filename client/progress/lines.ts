import type { JobInfo, StageProgress } from '../../shared/plan/job.ts';
import { formatCount, formatDuration, plural } from '../../shared/quantities.ts';
import { cutText, padText, printable } from '../format/text.ts';

/** How progress looks. Pure: text from a job's state. */
export interface Look {
  /** Cells of a line. */
  readonly width: number;
  readonly color: boolean;
}

const barCells = 20;
/** Of a stage's name: shorter is unreadable, longer pushes the figures out of sight. */
const nameCells = { min: 8, max: 44 };
/** Blanks of a stage's line: two before the bar, one on each side of the name, two to spare. */
const blankCells = 6;

/** A job while it runs: a line of its own, then one for each stage that has begun. */
export function blockLines(info: JobInfo, look: Look): string[] {
  const begun = info.stages.filter(({ running, finished }) => running + finished > 0);
  return [jobLine(info, look), ...begun.map((stage) => stageLine(stage, look))];
}

/** A job that has ended, in one line. */
export function endLine(info: JobInfo, look: Look): string {
  const { mark, hue } = ends[info.state] ?? { mark: '·', hue: dim };
  const tasks = info.stages.reduce((sum, stage) => sum + stage.finished, 0);
  const reruns = Object.values(info.reruns).reduce((sum, count) => sum + count, 0);
  const elapsed = info.endedMs === undefined ? '' : `, ${formatDuration(info.endedMs - info.submittedMs)}`;
  const again = reruns === 0 ? '' : `, ${reruns} run again`;
  const text = `${mark} ${printable(info.name)}: ${info.state}, ${plural(tasks, 'task')}${again}${elapsed}`;
  return painted(cutText(text, look.width), hue, look);
}

/** A stage that has ended, in one line, for where nothing can be drawn over. */
export const finishedStageLine = (info: JobInfo, stage: StageProgress): string =>
  `${info.id} stage ${stage.id} ${printable(stage.name)}: ${plural(stage.tasks, 'task')}, ${rowsOf(stage)}, ${formatDuration(stage.elapsedMs)}`;

const rowsOf = ({ rowsOut }: StageProgress): string => plural(rowsOut, 'row', formatCount);

/** Whether all of a stage's tasks have finished. */
export const isFinished = ({ finished, tasks }: StageProgress): boolean => finished >= tasks;

function jobLine(info: JobInfo, look: Look): string {
  const [tasks, finished] = [sumOf(info, 'tasks'), sumOf(info, 'finished')];
  const count = tasks === 0 ? '' : ` ${finished}/${tasks} tasks`;
  return cutText(`${printable(info.name)} (${info.id}) ${info.state}${count}`, look.width);
}

const sumOf = (info: JobInfo, field: 'tasks' | 'finished'): number =>
  info.stages.reduce((sum, stage) => sum + stage[field], 0);

function stageLine(stage: StageProgress, look: Look): string {
  const facts = `${stage.finished}/${stage.tasks}  ${rowsOf(stage)}  ${formatDuration(stage.elapsedMs)}`;
  const room = Math.max(nameCells.min, look.width - barCells - facts.length - blankCells);
  const name = padText(cutText(printable(stage.name), room), Math.min(room, nameCells.max), 'left');
  return `  ${painted(bar(stage), isFinished(stage) ? dim : cyan, look)} ${name} ${painted(facts, dim, look)}`;
}

function bar({ finished, running, tasks }: StageProgress): string {
  const cells = (count: number): number => Math.floor((count / Math.max(1, tasks)) * barCells);
  const full = cells(finished);
  const begun = Math.min(barCells, cells(finished + running)) - full;
  return '█'.repeat(full) + '▒'.repeat(begun) + '░'.repeat(barCells - full - begun);
}

const [dim, red, green, cyan] = [2, 31, 32, 36];
const painted = (text: string, hue: number, { color }: Look): string => (color ? `\x1b[${hue}m${text}\x1b[0m` : text);

const ends: Partial<Record<JobInfo['state'], { readonly mark: string; readonly hue: number }>> = {
  succeeded: { mark: '✓', hue: green },
  failed: { mark: '✗', hue: red },
  cancelled: { mark: '✗', hue: red },
};
