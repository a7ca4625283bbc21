import { bytes, count, KiB, MiB, milliseconds, type Section } from '../setting.ts';

/** Limits of running pipelines. */
export const pipelineSettings = {
  pipelinesMax: count(1_000, {
    min: 1,
    max: 10_000,
    doc: 'How many pipelines a cluster knows; one more is refused.',
  }),
  runsActiveMax: count(16, {
    min: 1,
    max: 1_000,
    doc: 'How many runs proceed at a time, of all pipelines; of one pipeline it is one. Others wait.',
  }),
  runsQueuedMax: count(1_000, {
    min: 1,
    max: 10_000,
    doc: 'How many runs of one pipeline may wait; one more is refused.',
  }),
  runHistoryMax: count(200, {
    min: 1,
    max: 10_000,
    doc: 'How many ended runs of each pipeline are kept for `sheaf runs`. A replay needs its run.',
  }),
  runTakeoversMax: count(5, {
    min: 0,
    max: 1_000,
    doc: 'How many leaders may end under one run that has not decided what to load. Then it fails: it may be what ends them.',
  }),
  runsListedMax: count(100, {
    min: 1,
    max: 10_000,
    doc: 'How many runs `sheaf runs` shows unless it is asked for another number.',
  }),
  runRecordBytesMax: bytes(64 * KiB, {
    min: 4 * KiB,
    max: MiB,
    doc: 'The largest record of a run. What of a summary is more than that is left out: names of inputs and details of sinks.',
  }),
  commitRetryMs: milliseconds(1_000, {
    min: 10,
    max: 600_000,
    doc: 'The first pause before a sink is asked again to commit what was decided. It doubles each time.',
  }),
  commitRetryMsMax: milliseconds(60_000, {
    min: 10,
    max: 3_600_000,
    doc: 'The longest such pause. What was decided is tried until it is done: each row is to be loaded once, not never.',
  }),
  cleanTimeoutMs: milliseconds(60_000, {
    min: 100,
    max: 3_600_000,
    doc: 'How long a sink may take to remove what a run staged. Then it is tried again, after the pauses of a commit.',
  }),
  scheduleLookMs: milliseconds(10_000, {
    min: 10,
    max: 600_000,
    doc: 'How long the timetable of schedules sleeps at most: so long after a jump of the clock it looks again, and so long after a run was not accepted.',
  }),
  scheduleGraceMs: milliseconds(60_000, {
    min: 1_000,
    max: 3_600_000,
    doc: 'What is started so much later than it was due counts as missed: `catchUp: none` leaves it out.',
  }),
  scheduleCatchUpMax: count(100, {
    min: 1,
    max: 1_000,
    doc: 'How many missed runs of a schedule `catchUp: all` makes up: the latest ones. `sheaf backfill` makes up the others.',
  }),
  scheduleAheadMsMax: milliseconds(3_600_000, {
    min: 1_000,
    max: 86_400_000,
    doc: 'A schedule whose last run was due so far ahead was started by a clock that was wrong: it goes on from now.',
  }),
  backfillIntervalsMax: count(10_000, {
    min: 1,
    max: 100_000,
    doc: 'How many intervals one backfill covers.',
  }),
  backfillParallelMax: count(8, {
    min: 1,
    max: 1_000,
    doc: 'How many runs of one backfill may be under way at a time.',
  }),
  backfillRangesMax: count(1_000, {
    min: 1,
    max: 10_000,
    doc: 'How many separate stretches of time of each pipeline are remembered as loaded, for backfills to leave out. Adjacent intervals are one.',
  }),
  webhookTimeoutMs: milliseconds(10_000, {
    min: 10,
    max: 600_000,
    doc: 'How long a webhook of a failed run may take to answer.',
  }),
  webhookAttemptsMax: count(5, {
    min: 1,
    max: 100,
    doc: 'How often a webhook is told, as long as another attempt may succeed. Then it is given up; the run says so.',
  }),
  webhookRetryMs: milliseconds(1_000, {
    min: 1,
    max: 600_000,
    doc: 'The first pause between such attempts. It doubles each time.',
  }),
  webhookRetryMsMax: milliseconds(60_000, {
    min: 1,
    max: 3_600_000,
    doc: 'The longest such pause.',
  }),
  webhooksActiveMax: count(8, {
    min: 1,
    max: 1_000,
    doc: 'How many webhooks are told at a time; others wait.',
  }),
  scheduleShownMax: count(3, {
    min: 1,
    max: 100,
    doc: 'How many of the next due times `sheaf schedule` and `sheaf schedules` tell.',
  }),
} as const satisfies Section;
