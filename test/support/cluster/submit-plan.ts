import type { RecordBatch } from 'apache-arrow';
import { rowsOfBatch } from '../../../client/result/rows.ts';
import { flightParts } from '../../../client/session/flight-parts.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import { type JobsContract, jobsService } from '../../../shared/contracts/jobs.ts';
import { type ErrorData, SheafError } from '../../../shared/errors.ts';
import { FlightClient } from '../../../shared/flight/client.ts';
import { jobId } from '../../../shared/ids.ts';
import type { JobInfo, JobResult } from '../../../shared/plan/job.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import type { LoadReceipt } from '../../../shared/plan/nodes/load.ts';
import { connectTo } from '../../../shared/rpc/client.ts';
import { loadService } from '../../../shared/rpc/proto.ts';

export interface PlanOptions {
  /** Called with each progress. */
  readonly onProgress?: (info: JobInfo) => void;
  /** Cancels the job. */
  readonly signal?: AbortSignal;
}

export interface Receipt {
  readonly output: string;
  readonly task: number;
  readonly receipt: LoadReceipt;
}

/** Submits a `load` as it is, waits for its end, and returns the receipts. */
export async function runLoad(address: string, plan: PlanNode, options: PlanOptions = {}): Promise<Receipt[]> {
  const config = loadConfig({});
  using connection = connectTo(address, { config });
  using flight = new FlightClient({ config });
  const jobs = connection.client(loadService<JobsContract>('jobs', jobsService));
  const { job } = await jobs.submit({ json: JSON.stringify({ plan, name: 'a load', priority: 0 }) });
  const cancel = () => void jobs.cancel({ job }).catch(() => {}); // It may be over.
  options.signal?.addEventListener('abort', cancel, { once: true });
  let result: JobResult | undefined;
  let info: JobInfo | undefined;
  for await (const update of jobs.watch({ job })) {
    info = JSON.parse(update.infoJson) as JobInfo;
    options.onProgress?.(info);
    if (update.resultJson !== '') result = JSON.parse(update.resultJson) as JobResult;
  }
  if (result === undefined) throw SheafError.fromData(info?.error ?? cancelled);
  const batches: RecordBatch[] = [];
  const never = new AbortController().signal;
  for (const part of result.parts) {
    for await (const batch of flightParts(flight)(jobId(job), part, never)) batches.push(batch);
  }
  await jobs.release({ job });
  return batches.flatMap((batch) =>
    [...rowsOfBatch(batch)].map(({ output, task, receipt }) => ({
      output: String(output),
      task: Number(task),
      receipt: JSON.parse(String(receipt)) as LoadReceipt,
    })),
  );
}

const cancelled: ErrorData = { code: 'CANCELLED', message: 'The job was cancelled', retryable: false };
