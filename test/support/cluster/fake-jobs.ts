import { loadConfig } from '../../../shared/config/config.ts';
import { type JobsContract, jobsService } from '../../../shared/contracts/jobs.ts';
import { SheafError } from '../../../shared/errors.ts';
import { jobId } from '../../../shared/ids.ts';
import type { JobInfo, JobResult } from '../../../shared/plan/job.ts';
import { type Handlers, implement } from '../../../shared/rpc/handlers.ts';
import { loadService } from '../../../shared/rpc/proto.ts';
import { startServer } from '../../../shared/rpc/server.ts';
import { version } from '../../../shared/version.ts';

const refuse = (): never => {
  throw new SheafError('NOT_SUPPORTED', 'The fake coordinator does not serve this');
};

/** A coordinator over real gRPC that answers only the calls given, and `hello`. Closes with the scope. */
export async function fakeJobs(handlers: Partial<Handlers<JobsContract>>, token?: string) {
  const service = loadService<JobsContract>('jobs', jobsService);
  const all: Handlers<JobsContract> = {
    hello: () => ({ version, cluster: 'test', epoch: 1 }),
    missingBlobs: refuse,
    putBlob: refuse,
    putDataset: refuse,
    submit: refuse,
    explain: refuse,
    watch: refuse,
    cancel: refuse,
    release: refuse,
    reportLost: refuse,
    getJob: refuse,
    listJobs: refuse,
    listWorkers: refuse,
    putTable: refuse,
    dropTable: refuse,
    listTables: refuse,
    ...handlers,
  };
  const server = await startServer({ services: [implement(service, all)], config: loadConfig(), token });
  return { address: server.address, [Symbol.asyncDispose]: () => server.close(0) };
}

/** A job's state as a coordinator tells it. */
export const jobInfo = (state: JobInfo['state'], more: Partial<JobInfo> = {}): JobInfo => ({
  id: jobId('job-1'),
  name: 'test',
  state,
  submittedMs: 0,
  stages: [],
  adaptations: [],
  attempts: 0,
  reruns: {},
  spilledBytes: 0,
  peaks: [],
  ...more,
});

/** An update as it goes over the wire. */
export const jobUpdate = (info: JobInfo, result?: JobResult) => ({
  infoJson: JSON.stringify(info),
  resultJson: result === undefined ? '' : JSON.stringify(result),
});

/** An unfinished update stream, until the call ends. */
export async function* untilEnd(signal: AbortSignal): AsyncGenerator<never> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
