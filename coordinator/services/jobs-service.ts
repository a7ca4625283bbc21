import { type JobsContract, jobsService } from '../../shared/contracts/jobs.ts';
import { SheafError } from '../../shared/errors.ts';
import { jobId } from '../../shared/ids.ts';
import { parseCatalogDrop, parseCatalogPut } from '../../shared/plan/catalog.ts';
import { parseJobRequest } from '../../shared/plan/validate.ts';
import { type Implementation, implement } from '../../shared/rpc/handlers.ts';
import { loadService } from '../../shared/rpc/proto.ts';
import { version } from '../../shared/version.ts';
import type { Leader } from '../runtime/leader.ts';
import { asJson, asJsons, done } from './answers.ts';

/** `proto/jobs.proto` in front of whoever leads now (`leader` throws NOT_LEADER where nobody does). */
export function jobsImplementation(leader: () => Leader, cluster: string): Implementation {
  return implement<JobsContract>(loadService<JobsContract>('jobs', jobsService), {
    hello: (caller) => {
      checkVersion(caller.version);
      return { version, cluster, epoch: leader().epoch };
    },
    missingBlobs: async ({ sha256 }) => ({ sha256: await leader().blobs.missing(sha256) }),
    putBlob: ({ sha256, content }) => done(leader().blobs.put(sha256, content)),
    putDataset: (frames) => leader().datasets.receive(frames),
    submit: async ({ json }) => ({ job: await leader().desk.submit(parseJobRequest(json)) }),
    explain: async ({ json }) => asJson(await leader().desk.explain(parseJobRequest(json))),
    watch: ({ job }, { signal }) => leader().jobs.watch(jobId(job), signal),
    cancel: ({ job }) => done(leader().desk.cancel(jobId(job), 'a client asked for it')),
    release: ({ job }) => done(leader().heldResults.release(jobId(job))),
    reportLost: (part) => done(leader().heldResults.reportLost(part)),
    getJob: ({ job }) => asJson(leader().jobs.info(jobId(job))),
    listJobs: () => asJsons(leader().jobs.list()),
    putTable: async ({ json }) => asJson(await leader().catalog.put(parseCatalogPut(json))),
    dropTable: ({ json }) => done(leader().catalog.drop(parseCatalogDrop(json))),
    listTables: () => asJsons(leader().catalog.list()),
    listWorkers: () => asJsons(leader().workers()),
  });
}

function checkVersion(theirs: string): void {
  if (theirs === version) return;
  throw new SheafError('VERSION_MISMATCH', `The client runs version ${theirs}, this cluster ${version}`, {
    next: `Install the cluster's version in your project: npm install sheaf@${version}`,
  });
}
