import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scheduler } from '../../../../../coordinator/scheduler/scheduler.ts';
import { loadConfig } from '../../../../../shared/config/config.ts';
import { jobId, stageId, workerId } from '../../../../../shared/ids.ts';
import type { StageSpec } from '../../../../../shared/stage/stage.ts';
import { exchange, splits, virtualStage } from '../../../../simulation/plans.ts';

const job = jobId('j');
const hashed = (partitions: number) =>
  ({ kind: 'exchange', partitioning: { kind: 'hash', keys: ['k'], partitions } }) as const;
const file = { kind: 'file', sink: { format: 'csv', stagingDirectory: '/s', options: {} } } as const;
const scan = virtualStage({ id: 0, tasks: 2, inputs: [splits(2)], output: hashed(3) });
const total = virtualStage({ id: 1, tasks: 3, inputs: [exchange('in', scan.id, 'partition')], output: hashed(1) });

function submit(stages: readonly StageSpec[], finalStage?: number): Scheduler {
  const scheduler = new Scheduler(loadConfig());
  const final = finalStage === undefined ? {} : { finalStage: stageId(finalStage) };
  scheduler.handle({ kind: 'jobSubmitted', job, stages, priority: 0, ...final }, 0);
  return scheduler;
}

test('stages may come in any order', () => {
  assert.equal(submit([total, scan], 1).progress(job)?.state, 'running');
});

const invalid: Readonly<Record<string, readonly [readonly StageSpec[], number, RegExp]>> = {
  'an unknown final stage': [[scan], 5, /no final stage 5/],
  'two stages of one number': [[scan, scan], 0, /two stages 0/],
  'a stage that is not there': [[total], 1, /stage 1 .* read stages that do not exist/],
  'a circle': [
    [
      virtualStage({ id: 0, tasks: 1, inputs: [exchange('in', stageId(1), 'broadcast')], output: hashed(1) }),
      virtualStage({ id: 1, tasks: 1, inputs: [exchange('in', stageId(0), 'broadcast')], output: hashed(1) }),
    ],
    1,
    /each other in a circle/,
  ],
  'as many partitions as tasks': [[scan, { ...total, tasks: 2 }], 1, /has 2 tasks, but its input in has 3 partitions/],
  'splits for each task': [[{ ...scan, tasks: 3 }], 0, /has 3 tasks, but its input source has 2/],
  'a file that is read': [[{ ...scan, output: file }, total], 1, /reads stage 0: no exchange/],
  'slices of what there is': [
    [scan, { ...total, inputs: [exchange('in', scan.id, 'partition', [{ from: 2, to: 4 }])], tasks: 1 }],
    1,
    /reads .* of stage 0, which has not so much/,
  ],
  'as many slices as tasks': [
    [scan, { ...total, inputs: [exchange('in', scan.id, 'partition', [{ from: 0, to: 3 }])] }],
    1,
    /has 3 tasks, but its input in has 1 partitions/,
  ],
  'no tasks': [[{ ...scan, tasks: 0, inputs: [] }], 0, /has 0 tasks/],
};

for (const [what, [stages, final, message]] of Object.entries(invalid)) {
  test(`refused before anything changes: ${what}`, () => {
    assert.throws(() => submit(stages, final), { code: 'PLAN_INVALID', message });
  });
}

test('a refused addition leaves the job as it was', () => {
  const scheduler = submit([scan]);
  const add = (stages: readonly StageSpec[]) =>
    scheduler.handle({ kind: 'stagesAdded', job, stages, finalStage: stageId(1) }, 0);
  assert.throws(() => add([{ ...total, tasks: 7 }]), { code: 'PLAN_INVALID' });
  assert.equal(scheduler.progress(job)?.stages.length, 1);
  add([total]);
  assert.throws(() => add([total]), { code: 'PLAN_INVALID', message: /has its final stage already/ });
});

test('planning that fails later fails the job', () => {
  const scheduler = submit([scan]);
  scheduler.handle({ kind: 'workerJoined', worker: workerId('w'), slots: 1, address: 'w:1' }, 0);
  const error = { code: 'PLAN_INVALID', message: 'no' } as const;
  const [cancel] = scheduler.handle({ kind: 'jobAborted', job, error }, 0);
  assert.equal(cancel?.kind, 'cancelAttempt');
  const key = { job, stage: stageId(0), task: 0, attempt: 0 };
  const failure = { kind: 'cancelled' } as const;
  const effects = scheduler.handle({ kind: 'attemptFailed', key, worker: workerId('w'), failure }, 0);
  assert.deepEqual(effects, [
    { kind: 'abortSink', job },
    { kind: 'jobFailed', job, error },
    { kind: 'dropJob', job, workers: ['w'] },
  ]);
});

test('a running stage that no stage to come will read is given up', () => {
  const scheduler = submit([scan]);
  scheduler.handle({ kind: 'workerJoined', worker: workerId('w'), slots: 1, address: 'w:1' }, 0);
  const effects = scheduler.handle({ kind: 'stagesAdded', job, stages: [], unneeded: [scan.id] }, 0);
  assert.deepEqual(
    effects.map((effect) => (effect.kind === 'cancelAttempt' ? effect.reason : effect.kind)),
    ['notNeeded'],
  );
});
