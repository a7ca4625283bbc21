import type { Config } from '../../shared/config/config.ts';
import type { JobsContract } from '../../shared/contracts/jobs.ts';
import type { PipelinesContract } from '../../shared/contracts/pipelines.ts';
import type { JobInfo } from '../../shared/plan/job.ts';
import type { RpcClient } from '../../shared/rpc/client.ts';
import type { ReadPart } from '../result/part.ts';
import type { OpenWork } from './open-work.ts';

/** What everything that a cluster's handle hands out shares: the way to the coordinator, to the workers, the limits. */
export interface Session {
  readonly config: Config;
  /** `host:port` of the coordinator, for messages. */
  readonly address: string;
  /** Calls to the coordinator that leads, as far as is known. */
  readonly jobs: RpcClient<JobsContract>;
  readonly pipelines: RpcClient<PipelinesContract>;
  /** Looks for the coordinator that leads now: the next calls go there. Throws if none is found. */
  readonly seekLeader: () => Promise<void>;
  /** Loads what reading a result needs, while the first job runs. */
  readonly warmUp: () => void;
  /** Pulls a part of a result from the worker that holds it. */
  readonly readPart: ReadPart;
  /** Aborted when the handle is closed: nothing outlives it. */
  readonly closed: AbortSignal;
  /** Waited for before the connection closes. */
  readonly openWork: OpenWork;
  /** Called with every step of every job that an action of this handle runs. */
  readonly onProgress: (info: JobInfo) => void;
}
