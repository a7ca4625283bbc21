import { type Empty, type JobsContract, jobsService } from '../../shared/contracts/jobs.ts';
import { SheafError } from '../../shared/errors.ts';
import { jobId } from '../../shared/ids.ts';
import { parseCatalogDrop, parseCatalogPut } from '../../shared/plan/catalog.ts';
import { parseJobRequest } from '../../shared/plan/validate.ts';
import { type Implementation, implement } from '../../shared/rpc/handlers.ts';
import { loadService } from '../../shared/rpc/proto.ts';
import { version } from '../../shared/version.ts';
import type { Leader } from '../runtime/leader.ts';

const empty: Empty = {};

/** `proto/jobs.proto` in front of whoever leads now (`leader` throws NOT_LEADER where nobody does). */
export function jobsImplementation(leader: () => Leader, cluster: string): Implementation {
  return implement<JobsContract>(loadService<JobsContract>('jobs', jobsService), {
    hello: (caller) => {
      checkVersion(caller.version);
      return { version, cluster, epoch: leader().epoch };
    },
    missingBlobs: async ({ sha256 }) => ({ sha256: await leader().blobs.missing(sha256) }),
    putBlob: async ({ sha256, content }) => {
      await leader().blobs.put(sha256, content);
      return empty;
    },
    putDataset: (frames) => leader().datasets.receive(frames),
    submit: async ({ json }) => ({ job: await leader().desk.submit(parseJobRequest(json)) }),
    explain: async ({ json }) => ({ json: JSON.stringify(await leader().desk.explain(parseJobRequest(json))) }),
    watch: ({ job }, { signal }) => leader().jobs.watch(jobId(job), signal),
    cancel: async ({ job }) => {
      await leader().desk.cancel(jobId(job), 'a client asked for it');
      return empty;
    },
    release: ({ job }) => {
      leader().heldResults.release(jobId(job));
      return empty;
    },
    reportLost: (part) => {
      leader().heldResults.reportLost(part);
      return empty;
    },
    getJob: ({ job }) => ({ json: JSON.stringify(leader().jobs.info(jobId(job))) }),
    listJobs: () => ({
      json: leader()
        .jobs.list()
        .map((info) => JSON.stringify(info)),
    }),
    putTable: async ({ json }) => ({ json: JSON.stringify(await leader().catalog.put(parseCatalogPut(json))) }),
    dropTable: async ({ json }) => {
      await leader().catalog.drop(parseCatalogDrop(json));
      return empty;
    },
    listTables: () => ({
      json: leader()
        .catalog.list()
        .map((entry) => JSON.stringify(entry)),
    }),
    listWorkers: () => ({
      json: leader()
        .workers()
        .map((info) => JSON.stringify(info)),
    }),
  });
}

function checkVersion(theirs: string): void {
  if (theirs === version) return;
  throw new SheafError('VERSION_MISMATCH', `The client runs version ${theirs}, this cluster ${version}`, {
    next: `Install the cluster's version in your project: npm install sheaf@${version}`,
  });
}
