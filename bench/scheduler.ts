/**
 * How many events per second the scheduler core handles with 1,000 virtual workers of 4 slots and 100,000 tasks:
 * `node bench/scheduler.ts [workers] [tasks]`. One line per shape of job, on stdout.
 */

import type { SchedulerEvent } from '../coordinator/scheduler/events.ts';
import { Scheduler } from '../coordinator/scheduler/scheduler.ts';
import { loadConfig } from '../shared/config/config.ts';
import { jobId, stageId, type WorkerId, workerId } from '../shared/ids.ts';
import type { StageInput, StageSpec } from '../shared/stage/stage.ts';
import type { TaskOutput, TaskSpec } from '../shared/stage/task.ts';

interface SchedulerSpeed {
  readonly shape: string;
  readonly events: number;
  readonly launches: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
}

/** Runs one job of each shape to its end. */
function schedulerSpeeds(workers = 1000, tasks = 100_000): SchedulerSpeed[] {
  const scan = [stage(0, tasks, 1)];
  const shuffle = [
    stage(0, tasks / 100, 1000),
    stage(1, 1000, 1, partitioned(0)),
    stage(2, tasks - 2000, 1, broadcast(1)),
  ];
  const chain = Array.from({ length: 10 }, (_, at) =>
    stage(at, tasks / 10, 1, ...(at === 0 ? [] : [broadcast(at - 1)])),
  );
  return [
    measure('one stage', workers, scan),
    measure(`shuffle of ${tasks / 100} × 1,000, then a broadcast`, workers, shuffle),
    measure('ten stages, each broadcast to the next', workers, chain),
    measure('one stage, every 10th attempt fails', workers, scan, 10),
  ];
}

function measure(shape: string, workers: number, stages: readonly StageSpec[], failEvery = 0): SchedulerSpeed {
  const scheduler = new Scheduler(loadConfig({}, { taskRetryDelayMs: 0, taskAttemptsMax: 100 }));
  const launched: { worker: WorkerId; task: TaskSpec }[] = [];
  let events = 0;
  const handle = (event: SchedulerEvent): void => {
    for (const effect of scheduler.handle(event, events++)) if (effect.kind === 'launch') launched.push(effect);
  };
  for (let at = 0; at < workers; at++) {
    handle({ kind: 'workerJoined', worker: workerId(`w${at}`), slots: 4, address: `10.0.0.1:${at}` });
  }
  const from = process.hrtime.bigint();
  events = 0;
  handle({ kind: 'jobSubmitted', job: jobId('job-1'), stages, finalStage: stageId(stages.length - 1), priority: 0 });
  for (let at = 0; at < launched.length; at++) {
    const next = launched[at];
    if (next !== undefined) handle(report(next, stages, failEvery > 0 && at % failEvery === failEvery - 1));
  }
  const seconds = Number(process.hrtime.bigint() - from) / 1e9;
  if (scheduler.progress(jobId('job-1'))?.state !== 'succeeded') throw new Error(`${shape}: the job did not succeed`);
  return { shape, events, launches: launched.length, seconds, eventsPerSecond: events / seconds };
}

function report({ worker, task }: { worker: WorkerId; task: TaskSpec }, stages: readonly StageSpec[], fails: boolean) {
  const { job, stage: id, task: index, attempt } = task;
  const key = { job, stage: id, task: index, attempt };
  if (!fails) return { kind: 'attemptFinished', key, worker, output: outputOf(stages[id]) } as const;
  const error = { code: 'FETCH_FAILED', message: 'a virtual failure', retryable: true } as const;
  return { kind: 'attemptFailed', key, worker, failure: { kind: 'taskError', error } } as const;
}

const outputs = new Map<number, TaskOutput>();

function outputOf(spec: StageSpec | undefined): TaskOutput {
  const count =
    spec?.output.kind === 'exchange' && spec.output.partitioning.kind === 'hash'
      ? spec.output.partitioning.partitions
      : 1;
  let output = outputs.get(count);
  if (output === undefined) {
    const partitions = Array.from({ length: count }, () => ({ rows: 1, bytes: 100 }));
    const metrics = {
      rowsIn: 1,
      rowsOut: 1,
      bytesIn: 100,
      bytesOut: 100,
      fetchMs: 1,
      runMs: 1,
      spilledBytes: 0,
      peakRssBytes: 0,
    };
    output = { partitions, metrics };
    outputs.set(count, output);
  }
  return output;
}

function stage(id: number, tasks: number, partitions: number, ...inputs: StageInput[]): StageSpec {
  const output = { kind: 'exchange', partitioning: { kind: 'hash', keys: ['a'], partitions } } as const;
  return { id: stageId(id), name: `stage ${id}`, tasks, inputs, steps: [], output, schema: [], deterministic: true };
}

const exchange = { kind: 'exchange', name: 'input', schema: [] } as const;
const partitioned = (from: number): StageInput => ({ ...exchange, from: stageId(from), mode: 'partition' });
const broadcast = (from: number): StageInput => ({ ...exchange, from: stageId(from), mode: 'broadcast' });

if (import.meta.main) {
  const [workers = 1000, tasks = 100_000] = process.argv.slice(2).map(Number);
  for (const { shape, events, seconds, eventsPerSecond } of schedulerSpeeds(workers, tasks)) {
    const line = `${shape}: ${events} events in ${seconds.toFixed(2)} s, ${Math.round(eventsPerSecond)} events/s`;
    process.stdout.write(`${line}\n`);
  }
}
