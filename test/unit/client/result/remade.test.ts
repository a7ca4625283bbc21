import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Int32, type RecordBatch, Table, vectorFromArray } from 'apache-arrow';
import { Dataset } from '../../../../client/dataset/dataset.ts';
import { constant } from '../../../../client/dataset/draft.ts';
import type { ReadPart } from '../../../../client/result/part.ts';
import type { LostPart } from '../../../../shared/contracts/jobs.ts';
import { SheafError } from '../../../../shared/errors.ts';
import { stageId, workerId } from '../../../../shared/ids.ts';
import type { JobResult } from '../../../../shared/plan/job.ts';
import { jobInfo, jobUpdate } from '../../../support/cluster/fake-jobs.ts';
import { fakeSession } from '../../../support/cluster/fake-session.ts';

/** A batch of the numbers from `first` on. */
function batchOf(first: number, rows: number): RecordBatch {
  const numbers = Array.from({ length: rows }, (_, row) => first + row);
  const [batch] = new Table({ n: vectorFromArray(numbers, new Int32()) }).batches;
  assert.ok(batch);
  return batch;
}

const part = (task: number, attempt: number) => ({
  ...{ stage: stageId(3), task, attempt, partition: 0, worker: workerId(`w${attempt}`) },
  ...{ address: `10.0.0.${attempt}:1`, rows: 10, bytes: 40 },
});

interface Story {
  /** Batches that the first attempt of task 1 yields before it breaks. */
  readonly before: readonly RecordBatch[];
  readonly deterministic?: boolean;
  /** Whether the job ever makes the part again. */
  readonly remakes?: boolean;
}

/** Three tasks' parts of ten rows each; the worker of task 1's first attempt is lost while it is read. */
function lossyDataset({ before, deterministic, remakes = true }: Story) {
  const reported: LostPart[] = [];
  const result = (): JobResult => ({
    schema: [{ name: 'n', type: 'INTEGER' }],
    parts: [part(0, 0), part(1, remakes ? reported.length : 0), part(2, 0)],
    ...(deterministic === undefined ? {} : { deterministic }),
  });
  const readPart: ReadPart = async function* (_job, { task, attempt }) {
    if (task === 1 && attempt === 0) {
      yield* before;
      throw new SheafError('UNREACHABLE', 'the worker is gone');
    }
    for (const row of [0, 4, 8]) yield batchOf(task * 10 + row, Math.min(4, 10 - row));
  };
  const session = fakeSession(
    {
      submit: async () => ({ job: 'job-1' }),
      async *watch() {
        yield jobUpdate(jobInfo('succeeded'), result());
      },
      reportLost: async (lost) => {
        reported.push(lost);
        return {};
      },
      release: async () => ({}),
    },
    { readPart },
  );
  const plan = { kind: 'sql', text: 'select' } as const;
  return { dataset: new Dataset(session, constant(plan)), reported };
}

async function numbersOf(dataset: Dataset): Promise<unknown[]> {
  const numbers: unknown[] = [];
  for await (const batch of dataset.stream()) numbers.push(...(batch.getChildAt(0) ?? []));
  return numbers;
}

const all = Array.from({ length: 30 }, (_, number) => number);
const lost = { job: 'job-1', stage: 3, task: 1, attempt: 0 };

test('a lost part is made again, and reading goes on in its middle', async () => {
  for (const before of [[], [batchOf(10, 4)], [batchOf(10, 4), batchOf(14, 3)], [batchOf(10, 10)]]) {
    const { dataset, reported } = lossyDataset({ before });
    assert.deepEqual(await numbersOf(dataset), all);
    assert.deepEqual(reported, [lost]);
  }
});

test('a part that may come out otherwise is only read again if nothing of it was read', async () => {
  const unread = lossyDataset({ before: [], deterministic: false });
  assert.deepEqual(await numbersOf(unread.dataset), all);
  const read = lossyDataset({ before: [batchOf(10, 1)], deterministic: false });
  await assert.rejects(numbersOf(read.dataset), { code: 'RESULT_GONE' });
});

test('a part that is never made again is an error, not a wait without end', async () => {
  const { dataset } = lossyDataset({ before: [], remakes: false });
  await assert.rejects(numbersOf(dataset), { code: 'RESULT_GONE' });
});
