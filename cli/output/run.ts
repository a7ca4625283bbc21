import type {
  FailureNotice,
  OutputSummary,
  RuleSummary,
  RunInfo,
  RunRecord,
  RunSummary,
  SourceSummary,
} from '../../pipeline/records/run.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import { formatBytes, formatDuration } from '../../shared/quantities.ts';
import { textColumns } from './columns.ts';
import { errorText } from './error.ts';

/** Headings for {@link runRow}. */
export const runHeadings = ['run', 'state', 'rows', 'rejected', 'took', 'started', 'cause'];

/** A run in a list. */
export function runRow(run: RunRecord, nowMs: number): string[] {
  const outputs = summaryOf(run)?.outputs ?? [];
  const isLoaded = run.life.state === 'succeeded';
  return [
    run.id,
    run.life.state,
    isLoaded ? String(sum(outputs.map(({ rows }) => rows))) : '-',
    outputs.length === 0 ? '-' : String(rejectedBy(run)),
    formatDuration(elapsedMs(run, nowMs)),
    timeText(run.submittedMs),
    run.cause,
  ];
}

/** What a run read and wrote, what was rejected and why, where it goes on. */
export function runText(run: RunInfo, nowMs: number): string {
  const { id, pipeline, version, cause, life, attempt, params, replayOf, replayedBy, interval, notice } = run;
  const given = Object.entries(params).map(([name, value]) => `${name}=${text(value)}`);
  const head = [
    `${id}  ${life.state} after ${formatDuration(elapsedMs(run, nowMs))}${attempt > 1 ? `, attempt ${attempt}` : ''}`,
    `pipeline ${pipeline}, version ${version.slice(0, 12)}, ${cause}, submitted ${timeText(run.submittedMs)}`,
    ...(interval ? [`interval ${timeText(interval.startMs)} to ${timeText(interval.endMs)}`] : []),
    ...(given.length > 0 ? [`with ${given.join(', ')}`] : []),
    ...(replayOf ? [`replays the rejected rows of ${replayOf}`] : []),
    ...(notice ? [noticeText(notice)] : []),
    ...(replayedBy ? [`its rejected rows were replayed by ${replayedBy}`] : []),
  ];
  const summary = summaryOf(run);
  return `${head.join('\n')}\n${summary ? summaryText(summary, life.state === 'succeeded') : ''}`;
}

/** As `runText`, and the error that it failed with, or of what is tried again. */
export function runTextWithError(run: RunInfo, nowMs: number): string {
  const error = 'error' in run.life ? run.life.error : undefined;
  return `${runText(run, nowMs)}${error ? `\n${errorText(SheafError.fromData(error))}` : ''}`;
}

const noticeText = (notice: FailureNotice): string =>
  notice.state === 'delivered'
    ? `the webhook was told ${timeText(notice.atMs)}`
    : `${notice.error.message}: given up ${timeText(notice.atMs)}`;

function summaryText({ sources, outputs }: RunSummary, isLoaded: boolean): string {
  const isHalf = outputs.some(({ loaded }) => loaded !== undefined);
  const rules = outputs.flatMap((output) => output.rules.map((rule) => ruleRow(output, rule)));
  return [
    textColumns(['from', 'connector', 'rows', 'unreadable', 'pieces', 'cursor'], sources.map(sourceRow)),
    textColumns(
      ['into', 'connector', isLoaded ? 'rows' : 'staged', 'rejected', 'bytes', ...(isHalf ? ['loaded'] : [])],
      outputs.map(outputRow),
    ),
    ...(rules.length > 0 ? [textColumns(['rule', 'rejected', 'holds', 'found', 'of'], rules)] : []),
  ]
    .map((block) => `\n${block}`)
    .join('');
}

const sourceRow = ({ name, connector, rows, rejected, pieces, cursorBefore, cursorAfter }: SourceSummary): string[] => [
  name,
  connector,
  String(rows),
  String(rejected),
  String(pieces),
  cursorAfter === undefined ? '' : `${text(cursorBefore ?? null)} → ${text(cursorAfter)}`,
];

const outputRow = ({ name, connector, rows, rejected, bytes, loaded }: OutputSummary): string[] => [
  name,
  connector,
  String(rows),
  String(rejected),
  formatBytes(bytes),
  ...(loaded === undefined ? [] : [loaded]),
];

const ruleRow = ({ name }: OutputSummary, { rule, rejected, passed, found }: RuleSummary): string[] => [
  rule,
  String(rejected),
  passed ? 'yes' : 'no',
  found === undefined ? '' : text(found),
  name,
];

/** What a run read and wrote; undefined if that is not known (yet). */
export const summaryOf = ({ life }: RunRecord): RunSummary | undefined =>
  'summary' in life ? life.summary : undefined;

const rejectedBy = (run: RunRecord): number => {
  const { sources = [], outputs = [] } = summaryOf(run) ?? {};
  return sum([...sources, ...outputs].map(({ rejected }) => rejected));
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
/** Of a point in time, for people. */
export const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
const elapsedMs = ({ startedMs, submittedMs, life }: RunRecord, nowMs: number): number =>
  Math.max(0, ('endedMs' in life ? life.endedMs : nowMs) - (startedMs ?? submittedMs));

const textCharactersMax = 60;
function text(value: Json): string {
  const whole = typeof value === 'string' ? value : JSON.stringify(value);
  return whole.length <= textCharactersMax ? whole : `${whole.slice(0, textCharactersMax - 1)}…`;
}
