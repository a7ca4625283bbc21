import { Cron, CronDate } from 'croner';
import { SheafError } from '../../shared/errors.ts';
import type { Schedule } from './document.ts';

/** From one due time to the next: what a run of a schedule is about. */
export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * When a schedule is due, as wall clocks in its time zone show it. A time that a change of the clocks skips is due when
 * the gap ends, one that comes twice is due the first time; what has a wildcard or a step in its seconds, minutes or
 * hours goes on with what the clocks show: an hour that comes twice has its due times twice. Pure.
 */
export class DueTimes {
  readonly #cron: Cron;
  readonly #timeZone: string;

  /** @throws SheafError `PIPELINE_INVALID` for what is no cron, no time zone, or never due */
  constructor({ cron, timeZone }: Pick<Schedule, 'cron' | 'timeZone'>) {
    this.#timeZone = zone(timeZone);
    try {
      this.#cron = new Cron(cron, {
        timezone: timeZone,
        mode: '5-or-6-parts',
        fixedTimeRule: 'no-wildcard',
        paused: true,
      });
    } catch (cause) {
      throw invalid(`"${cron}" is no schedule: ${(cause as Error).message.replace(/^CronPattern: /, '')}`, cause);
    }
    if (this.#cron.nextRun(new Date(0)) === null) throw invalid(`"${cron}" is never due`);
  }

  /** The first ones after a time, at most so many. */
  after(atMs: number, count: number): number[] {
    return this.#cron.nextRuns(count, new Date(atMs)).map((date) => date.getTime());
  }

  /** The last one up to a time, itself included. */
  upTo(atMs: number): number | undefined {
    const from = new Date(Math.floor(atMs / 1000) * 1000 + 1000); // Schedules know whole seconds.
    return this.#cron.previousRuns(1, from)[0]?.getTime();
  }

  /** Those after one time and up to another; the latest first, at most so many: the latest ones. */
  between(afterMs: number, upToMs: number, max: number): number[] {
    const found: number[] = [];
    let dueMs = this.upTo(upToMs);
    while (dueMs !== undefined && dueMs > afterMs && found.length < max) {
      found.push(dueMs);
      dueMs = this.upTo(dueMs - 1);
    }
    return found;
  }

  /** What the run of a due time is about: since the due time before it. */
  interval(dueMs: number): Interval {
    return { startMs: this.upTo(dueMs - 1) ?? dueMs, endMs: dueMs };
  }

  /** The intervals that lie in a time as a whole, in order, at most so many. */
  intervals(fromMs: number, toMs: number, max: number): Interval[] {
    const found: Interval[] = [];
    let [startMs] = this.after(fromMs - 1, 1);
    while (startMs !== undefined && found.length < max) {
      const [endMs] = this.after(startMs, 1);
      if (endMs === undefined || endMs > toMs) break;
      found.push({ startMs, endMs });
      startMs = endMs;
    }
    return found;
  }

  /**
   * A time as people write it: `2026-01-31`, `2026-01-31T08:15` in the time zone of the schedule, or with one of its
   * own.
   *
   * @throws SheafError `USAGE`
   */
  timeOf(text: string): number {
    const [, date, time = '00:00', seconds = ':00', offset] =
      /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?)?(Z|[+-]\d{2}:\d{2})?$/.exec(text.trim()) ?? [];
    const local = `${date}T${time}${seconds}`;
    if (date !== undefined && isDate(date, local)) {
      return offset === undefined ? new CronDate(local, this.#timeZone).getTime() : Date.parse(`${local}${offset}`);
    }
    throw new SheafError('USAGE', `"${text}" is no time`, {
      next: `Write 2026-01-31 or 2026-01-31T08:15 (${this.#timeZone}), or with a zone: 2026-01-31T08:15Z.`,
    });
  }
}

/** February has no 31st, which `Date` takes for a day in March. */
function isDate(date: string, local: string): boolean {
  const atMs = Date.parse(`${local}Z`);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(date);
}

function zone(name: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch (cause) {
    throw invalid(`"${name}" is no time zone`, cause);
  }
}

const invalid = (message: string, cause?: unknown): SheafError =>
  new SheafError('PIPELINE_INVALID', message, {
    cause,
    next: "Write cron's five fields, or six with seconds first, as '*/15 * * * *', and a zone as 'Europe/Berlin'.",
  });
