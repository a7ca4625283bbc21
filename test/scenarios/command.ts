import type { SchedulerEvent, WorkerLostReason } from '../../coordinator/scheduler/events.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import type { ProducerRef, TaskFailure } from '../../shared/failure.ts';
import { type AttemptKey, jobId, stageId, workerId } from '../../shared/ids.ts';
import type { StageOutput } from '../../shared/stage/output.ts';
import type { StageInput, StageSpec } from '../../shared/stage/stage.ts';
import type { TaskOutput } from '../../shared/stage/task.ts';
import { exchange, splits, virtualStage } from '../simulation/plans.ts';

/** By job: the names of its stages, by number. */
export type Names = Map<string, string[]>;

/** By job and stage: how many partitions it writes; 0 for a file. */
const partitions = new WeakMap<Names, Map<string, number>>();

/** One command of a scenario as the event that it stands for. @throws Error for what is none */
export function parseEvent(command: string, words: readonly string[], names: Names): SchedulerEvent {
  const [first = '', second = '', ...rest] = words;
  switch (command) {
    case 'join':
      return { kind: 'workerJoined', worker: workerId(first), slots: number(second), address: rest[0] ?? `${first}:1` };
    case 'drain':
      return { kind: 'workerDraining', worker: workerId(first) };
    case 'lost':
      return { kind: 'workerLost', worker: workerId(first), reason: (second || 'streamBroken') as WorkerLostReason };
    case 'submit':
      return {
        kind: 'jobSubmitted',
        job: jobId(first),
        ...options(words),
        ...parseStages(first, words.slice(1), names),
      };
    case 'add':
      return { kind: 'stagesAdded', job: jobId(first), ...parseStages(first, words.slice(1), names) };
    case 'cancel':
      return { kind: 'cancelRequested', job: jobId(first), reason: 'the user asked for it' };
    case 'release':
      return { kind: 'jobReleased', job: jobId(first) };
    case 'resultLost':
      return { kind: 'resultLost', job: parseKey(first, names).job, producer: parseRef(first, names) };
    case 'committed':
      return { kind: 'sinkCommitted', job: jobId(first) };
    case 'finish':
      return { kind: 'attemptFinished', ...parseAttempt(first, names), output: outputOf(first, names) };
    case 'fail':
      return { kind: 'attemptFailed', ...parseAttempt(first, names), failure: parseFailure(second, rest, names) };
    case 'tick':
    case 'wait':
      return { kind: 'tick' };
    default:
      throw new Error(`no such command: ${command}`);
  }
}

const number = (text: string): number => Number(text.replace(/\D/g, ''));

function options(words: readonly string[]): { priority: number; deadlineMs?: number } {
  const value = (name: string) => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const deadline = value('deadline');
  return {
    priority: Number(value('priority') ?? 0),
    ...(deadline === undefined ? {} : { deadlineMs: Number(deadline) }),
  };
}

/**
 * `name:tasks`, with `~` after the name if it is impure, `^` if it is wide, `!` if it is large, too, `<other` or
 * `<*other` (broadcast) for inputs, `>2` or `>file`.
 */
const stagePattern = /^(\w+)([~^!]?):(\d+)((?:<\*?\w+)*)(?:>(\w+))?$/;

function parseStages(job: string, words: readonly string[], names: Names) {
  const stages = words.filter((word) => word.includes(':')).map((word) => parseStage(job, word, names));
  const final = words.find((word) => word.startsWith('final='))?.slice('final='.length);
  return { stages, ...(final === undefined ? {} : { finalStage: stageId(numberOf(job, final, names)) }) };
}

function parseStage(job: string, word: string, names: Names): StageSpec {
  const [, name = '', mark, tasks, reads = '', writes = '1'] = stagePattern.exec(word) ?? [];
  const known = names.get(job) ?? [];
  const inputs = reads
    .split('<')
    .slice(1)
    .map((from) => parseInput(job, from, names));
  names.set(job, [...known, name]);
  const count = writes === 'file' ? 0 : Number(writes);
  const counts = partitions.get(names) ?? new Map<string, number>();
  partitions.set(names, counts.set(`${job}/${known.length}`, count));
  return virtualStage({
    id: known.length,
    name,
    tasks: Number(tasks),
    inputs: inputs.length > 0 ? inputs : [splits(Number(tasks))],
    output: parseOutput(count),
    deterministic: mark !== '~',
    ...(mark === '^' || mark === '!' ? { wide: true } : {}),
    ...(mark === '!' ? { large: true } : {}),
  });
}

function parseInput(job: string, text: string, names: Names): StageInput {
  const from = text.replace('*', '');
  return exchange(from, stageId(numberOf(job, from, names)), text.startsWith('*') ? 'broadcast' : 'partition');
}

function parseOutput(count: number): StageOutput {
  if (count === 0) return { kind: 'file', sink: { format: 'parquet', stagingDirectory: '/staging', options: {} } };
  return { kind: 'exchange', partitioning: { kind: 'hash', keys: ['k'], partitions: count } };
}

function numberOf(job: string, name: string, names: Names): number {
  const at = names.get(job)?.indexOf(name) ?? -1;
  if (at < 0) throw new Error(`${job} has no stage ${name}`);
  return at;
}

/** `job/stage/task/attempt`, whatever follows an `@`. */
function parseKey(text: string, names: Names): AttemptKey {
  const [job = '', stage = '', task, attempt] = text.replace(/@.*/, '').split('/');
  return { job: jobId(job), stage: stageId(numberOf(job, stage, names)), task: Number(task), attempt: Number(attempt) };
}

const parseAttempt = (text: string, names: Names) => ({
  key: parseKey(text, names),
  worker: workerId(text.split('@')[1] ?? ''),
});

function parseRef(text: string, names: Names): ProducerRef {
  const { key, worker } = parseAttempt(text, names);
  return { stage: key.stage, task: key.task, attempt: key.attempt, worker };
}

function parseFailure(kind: string, words: readonly string[], names: Names): TaskFailure {
  const code = (fallback: ErrorCode) =>
    (words.find((word) => /^[A-Z_]+$/.test(word)) as ErrorCode | undefined) ?? fallback;
  const retryable = !words.includes('final');
  switch (kind) {
    case 'fetchFailed':
      return {
        kind,
        producer: parseRef(words[0] ?? '', names),
        error: { code: code('FETCH_FAILED'), message: 'no data' },
      };
    case 'outOfMemory':
      return { kind, error: { code: 'OUT_OF_MEMORY', message: 'out of memory' } };
    case 'taskError':
      return { kind, error: { code: code('QUERY_FAILED'), message: 'it failed', retryable } };
    case 'workerLost':
      return { kind, error: { code: 'WORKERS_LOST', message: 'its thread died' } };
    case 'cancelled':
      return { kind };
    default:
      throw new Error(`no such failure: ${kind}`);
  }
}

/** Ten rows in each partition. */
function outputOf(text: string, names: Names): TaskOutput {
  const { job, stage, task, attempt } = parseKey(text, names);
  const count = partitions.get(names)?.get(`${job}/${stage}`) ?? 1;
  const sizes = Array.from({ length: count }, () => ({ rows: 10, bytes: 100 }));
  const rowsOut = Math.max(count, 1) * 10;
  const metrics = {
    rowsIn: 0,
    rowsOut,
    bytesIn: 0,
    bytesOut: rowsOut * 10,
    fetchMs: 0,
    runMs: 0,
    spilledBytes: 0,
    peakRssBytes: 0,
  };
  return { partitions: sizes, metrics, ...(count === 0 ? { file: `part-${task}-${attempt}` } : {}) };
}
