/**
 * Runs a scenario: a text of commands (`> …`), each followed by what the scheduler answers (indented), between
 * comments. Running it gives the same text with the answers as they are now: the test compares, `SCENARIOS=rewrite`
 * writes it.
 */
import assert from 'node:assert/strict';
import type { Effect } from '../../coordinator/scheduler/effects.ts';
import type { AttemptEvent } from '../../coordinator/scheduler/events.ts';
import { Scheduler } from '../../coordinator/scheduler/scheduler.ts';
import { loadConfig, type SettingName } from '../../shared/config/config.ts';
import { attemptName, jobId } from '../../shared/ids.ts';
import type { TaskInput } from '../../shared/stage/task.ts';
import { type Names, parseEvent } from './command.ts';

/** Plays a scenario's commands; returns the text with the answers as they are now. */
export function runScenario(text: string): string {
  const scenario = new Scenario();
  return text
    .split('\n')
    .flatMap((line) => (line.startsWith('  ') ? [] : [line, ...scenario.answer(line)]))
    .join('\n');
}

class Scenario {
  #scheduler = new Scheduler(loadConfig());
  #nowMs = 0;
  /** By job: the names of its stages, by number. */
  readonly #names: Names = new Map();

  answer(line: string): string[] {
    if (!line.startsWith('> ')) return [];
    const [command = '', ...words] = line.slice(2).trim().split(/\s+/);
    const lines = this.#run(command, words);
    return (lines.length === 0 ? ['nothing'] : lines).map((text) => `  ${text}`);
  }

  #run(command: string, words: string[]): string[] {
    if (command === 'limits') return this.#setLimits(words);
    if (command === 'progress') return this.#progress(words[0] ?? '');
    if (command === 'report') return this.#report(words[0] ?? '');
    if (command === 'wait') this.#nowMs += Number(words[0]);
    const event = parseEvent(command, words, this.#names);
    if ((event.kind === 'attemptFinished' || event.kind === 'attemptFailed') && this.#isStale(event)) {
      assert.deepEqual(this.#scheduler.handle(event, this.#nowMs), []);
      return ['stale'];
    }
    return this.#scheduler.handle(event, this.#nowMs).map((effect) => this.#describe(effect));
  }

  readonly #isStale = ({ key, worker }: AttemptEvent): boolean =>
    !this.#scheduler.core.workers.get(worker)?.attempts.has(attemptName(key));

  #setLimits(words: readonly string[]): string[] {
    const limits = words.map((word) => word.split('=')).map(([name, value]) => [name as SettingName, Number(value)]);
    this.#scheduler = new Scheduler(loadConfig({}, Object.fromEntries(limits)));
    return ['set'];
  }

  #progress(job: string): string[] {
    const progress = this.#scheduler.progress(jobId(job));
    const stages = progress?.stages.map(({ name, tasks, running, finished }) => {
      return `${name}: ${finished} of ${tasks} finished, ${running} running`;
    });
    return [`${job} is ${progress?.state}`, ...(stages ?? [])];
  }

  #report(job: string): string[] {
    const report = this.#scheduler.jobReport(jobId(job));
    const reruns = Object.entries(report?.reruns ?? {}).filter(([, count]) => count > 0);
    return [
      `${report?.attempts} attempts; ${reruns.map(([cause, count]) => `${count} by ${cause}`).join(', ') || 'no reruns'}`,
    ];
  }

  #describe(effect: Effect): string {
    switch (effect.kind) {
      case 'launch': {
        const { worker, task, cause } = effect;
        const reads = task.inputs.map((input) => this.#reads(task.job, input)).join('');
        return `launch ${this.#key(attemptName(task))} on ${worker}${task.machine ? ' machine' : ''}${task.wide ? ' wide' : ''}${task.alone ? ' alone' : ''} (${cause})${reads}`;
      }
      case 'cancelAttempt':
        return `cancelAttempt ${this.#key(attemptName(effect.key))} on ${effect.worker} (${effect.reason})`;
      case 'stageFinished': {
        const { job, stage, first, rows, winners } = effect;
        const from = winners.map(({ attempt, worker }, task) => `${task}/${attempt}@${worker}`).join(' ');
        return `stageFinished ${this.#key(`${job}/${stage}`)}${first ? '' : ' again'}: ${rows} rows of ${from}`;
      }
      case 'commitSink':
        return `commitSink ${effect.job}: ${effect.files.join(' ')}`;
      case 'jobSucceeded': {
        const parts = effect.parts.map(({ task, attempt, worker }) => `${task}/${attempt}@${worker}`);
        return `jobSucceeded ${effect.job}, generation ${effect.generation}: ${parts.join(' ') || 'no parts'}`;
      }
      case 'jobOutgrown':
        return `jobOutgrown ${effect.job}`;
      case 'jobFailed':
        return `jobFailed ${effect.job}: ${effect.error.code}: ${effect.error.message}`;
      case 'jobCancelled':
        return `jobCancelled ${effect.job}: ${effect.reason}`;
      case 'abortSink':
        return `abortSink ${effect.job}`;
      case 'dropJob':
        return `dropJob ${effect.job} on ${effect.workers.join(' ') || 'no worker'}`;
      case 'workerDrained':
        return `workerDrained ${effect.worker} (${effect.cause})`;
    }
  }

  #reads(job: string, input: TaskInput): string {
    if (input.kind !== 'exchange') return '';
    const parts = input.parts.map(
      ({ stage, task, attempt, worker }) => `${this.#stage(job, stage)}/${task}/${attempt}@${worker}`,
    );
    return ` reads ${[...new Set(parts)].join(' ')}`;
  }

  /** `j/0/1/2` → `j/scan/1/2`. */
  #key(name: string): string {
    const [job = '', stage, ...rest] = name.split('/');
    return [job, this.#stage(job, Number(stage)), ...rest].join('/');
  }

  readonly #stage = (job: string, stage: number): string => this.#names.get(job)?.[stage] ?? String(stage);
}
