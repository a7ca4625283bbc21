import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { decodeSchema } from '../../../../shared/arrow/ipc.ts';
import type { LocalPart } from '../../../../shared/exchange/local-parts.ts';
import { ExchangeWriter } from '../../../../shared/exchange/writer.ts';
import { stageId, workerId } from '../../../../shared/ids.ts';
import { TaskInputs } from '../../../../worker/kernel/task-inputs.ts';
import { AttemptWatch, Cancellation } from '../../../../worker/pool/cancellation.ts';
import type { LocalInput, PoolTask, ThreadData } from '../../../../worker/pool/protocol.ts';
import { attempt, batchOf, folder, job, limits, schema } from '../../../support/exchange/exchange.ts';

/** An exchange file of so many rows, as a part that its producer counted. */
function produce(root: string, task: number, rows: number): LocalPart {
  using writer = new ExchangeWriter({ root, owner: attempt(task), partitions: 1, schema, limits });
  writer.write(0, batchOf(Array.from({ length: rows }, (_, row) => row)));
  writer.commit();
  const producer = { stage: stageId(0), task, attempt: 0, worker: workerId('w') };
  return { path: writer.path, partition: 0, rows, producer };
}

const inputOf = (name: string, parts: readonly LocalPart[]): LocalInput => ({
  kind: 'parts',
  name,
  schema: decodeSchema(schema).fields.map(() => ({ name: 'value', type: 'BIGINT' })),
  parts,
});

test('DuckDB is told how many rows an exchange has, and so builds its tables of the smaller side', async () => {
  using root = folder();
  const inputs = [
    inputOf('small', [produce(root.path, 0, 3), produce(root.path, 1, 4)]),
    inputOf('large', [produce(root.path, 2, 5000)]),
  ];
  const key = { job, stage: stageId(1), task: 0, attempt: 0 };
  const task = { key, inputs, steps: [], output: { kind: 'exchange', partitioning: { kind: 'single' } }, schema: [] };
  const thread = { tempRoot: root.path, config: limits } as unknown as ThreadData;
  const watch = new AttemptWatch(new Cancellation().buffer);
  const folders = () => readdirSync(root.path).filter((name) => name.startsWith('job-1-'));
  {
    using opened = await TaskInputs.open(task as unknown as PoolTask, thread, watch, undefined);
    const given = opened.namedIn('small large').flatMap((each) => (each.kind === 'batches' ? [each.input] : []));
    assert.deepEqual(
      given.map(({ rows }) => rows),
      [7, 5000],
    );
    assert.deepEqual(folders(), [], 'a task that writes no passing files has no folder for them');
    assert.ok(opened.directory.startsWith(root.path) && folders().length === 1);
  }
  assert.deepEqual(folders(), []);
});
