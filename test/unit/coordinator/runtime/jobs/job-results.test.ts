import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JobResults } from '../../../../../coordinator/runtime/jobs/job-results.ts';
import { encodeBatch, encodeSchema } from '../../../../../shared/arrow/ipc.ts';
import { loadConfig } from '../../../../../shared/config/config.ts';
import type { LostPart } from '../../../../../shared/contracts/jobs.ts';
import { SheafError } from '../../../../../shared/errors.ts';
import type { FlightClient } from '../../../../../shared/flight/client.ts';
import { jobId, stageId, workerId } from '../../../../../shared/ids.ts';
import { receiptSchema } from '../../../../../shared/stage/load-step.ts';
import { toArrowSchema } from '../../../../../shared/types/arrow-schema.ts';
import { createRowBuilder } from '../../../../../shared/types/row-builder.ts';

const config = loadConfig({});
const schema = toArrowSchema(receiptSchema);
const builder = createRowBuilder(receiptSchema, schema.fields, config);
builder.append({ output: 'a', task: 3, receipt: JSON.stringify({ rows: 7, bytes: 70, detail: { file: 'x' } }) });
const [batch] = builder.take(true);

const part = (attempt: number, bytes = 100) => ({
  stage: stageId(4),
  task: 0,
  attempt,
  partition: 0,
  worker: workerId('w'),
  address: 'w:1',
  rows: 1,
  bytes,
});

/** The first attempt's part is gone. */
const flight = {
  async *doGet(_: string, { parts }: { parts: readonly { attempt: number }[] }) {
    if (parts[0]?.attempt === 0) throw new SheafError('FILE_NOT_FOUND', 'gone');
    yield { kind: 'schema', schema: encodeSchema(schema) };
    if (batch === undefined) return;
    const { metadata, body } = encodeBatch(batch);
    yield { kind: 'batch', metadata, body: Buffer.concat(body) };
  },
} as unknown as FlightClient;

const never = new AbortController().signal;

test('receipts are read; what was lost is made again', async () => {
  const lost: LostPart[] = [];
  const jobs = { ended: async () => ({ schema: receiptSchema, parts: [part(lost.length)] }) };
  const heldResults = { reportLost: (each: LostPart) => void lost.push(each) };
  const results = new JobResults({ jobs, heldResults, flight, config });
  const receipts = await results.receipts(jobId('job-1'), never);
  assert.deepEqual(receipts, [{ output: 'a', task: 3, receipt: { rows: 7, bytes: 70, detail: { file: 'x' } } }]);
  assert.deepEqual(lost, [{ job: 'job-1', stage: 4, task: 0, attempt: 0 }]);
});

test('a result that is always lost, or too large, is an error', async () => {
  const heldResults = { reportLost: () => {} };
  const reading = (only: ReturnType<typeof part>) => {
    const jobs = { ended: async () => ({ schema: receiptSchema, parts: [only] }) };
    return new JobResults({ jobs, heldResults, flight, config }).rows(jobId('job-1'), never);
  };
  await assert.rejects(reading(part(0)), { code: 'FILE_NOT_FOUND' });
  await assert.rejects(reading(part(1, 2 ** 40)), { code: 'QUOTA_EXCEEDED' });
});
