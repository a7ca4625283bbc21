import { count, milliseconds, percent, type Section } from '../setting.ts';

/** Limits of the scheduler: how often it tries, how long it waits, how hard it looks. */
export const schedulerSettings = {
  schedulerTickMs: milliseconds(100, {
    min: 10,
    max: 60_000,
    doc: 'How often deadlines, grace periods and delays are looked at.',
  }),
  taskAttemptsMax: count(4, {
    min: 1,
    max: 100,
    doc: 'How often a task may fail by its own fault (a retryable error, out of memory) before its job fails.',
  }),
  taskFreeRetriesMax: count(50, {
    min: 1,
    max: 10_000,
    doc: 'How often a task may start over through no fault of its own (inputs or output that cannot be fetched, handed back by a worker) before its job fails. It bounds what costs no attempt.',
  }),
  poisonDeathsMax: count(3, {
    min: 2,
    max: 100,
    doc: 'A task that was running on this many workers as they died fails its job. Its last try runs alone on its worker, so that no innocent task is blamed.',
  }),
  taskRetryDelayMs: milliseconds(100, {
    min: 0,
    max: 60_000,
    doc: 'Wait before a failed task is tried again, doubled with each further failure.',
  }),
  noWorkersGraceMs: milliseconds(30_000, {
    min: 0,
    max: 24 * 3_600_000,
    doc: 'How long a job waits for a worker when there is none, before it fails and says so.',
  }),
  jobStopLimitMs: milliseconds(30_000, {
    min: 0,
    max: 3_600_000,
    doc: 'How long a failed or cancelled job waits for its attempts to stop before it ends without them. Their slots stay taken.',
  }),
  drainLimitMs: milliseconds(120_000, {
    min: 0,
    max: 24 * 3_600_000,
    doc: 'How long a draining worker is kept for its running attempts and for exchange data that is still needed.',
  }),
  taskStoryEventsMax: count(16, {
    min: 1,
    max: 1000,
    doc: 'How many of its latest events each task remembers for error messages.',
  }),
  speculationMs: milliseconds(5000, {
    min: 0,
    max: 24 * 3_600_000,
    doc: 'No task gets a second attempt before it has run this long.',
  }),
  speculationPercent: percent(300, {
    min: 100,
    max: 100_000,
    doc: 'A task gets a second attempt when it has run this much of the mean time of the finished tasks of its stage.',
  }),
  localityPercentMin: percent(60, {
    min: 51,
    max: 100,
    doc: "A task prefers a worker that holds at least this share of its input's bytes. Below it an even load is worth more.",
  }),
  localityProducersMax: count(32, {
    min: 1,
    max: 10_000,
    doc: "How many of a task's producers are looked at to find the worker that holds most of its input.",
  }),
  localityTasksMax: count(8, {
    min: 1,
    max: 1000,
    doc: 'How many waiting tasks are looked at to find one whose input lies on the worker with the free slot.',
  }),
} as const satisfies Section;
