import { join } from 'node:path';
import { monotonicMs } from '../../shared/clock.ts';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import type { FlightClient } from '../../shared/flight/client.ts';
import type { Epoch, WorkerId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/log.ts';
import type { WorkerInfo } from '../../shared/plan/job.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { Secrets } from '../../shared/secrets.ts';
import { keysOf } from '../../shared/store/keys.ts';
import type { Leadership } from '../../shared/store/membership/election.ts';
import type { Store } from '../../shared/store/store.ts';
import { Catalog } from '../catalog/catalog.ts';
import { leaderPipelines } from '../pipelines/leader-pipelines.ts';
import type { Pipelines } from '../pipelines/pipelines.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { BlobDirectory } from './blobs.ts';
import { DatasetSpool } from './dataset-spool.ts';
import { keepHouse } from './housekeeping.ts';
import type { HeldResults } from './jobs/held-results.ts';
import type { JobDesk } from './jobs/job-desk.ts';
import type { JobViews } from './jobs/job-views.ts';
import { type LeaderJobs, leaderJobs } from './jobs/leader-jobs.ts';
import { PermitDesk } from './permit-desk.ts';
import type { Planning } from './planning/planning.ts';
import { Sessions } from './sessions.ts';
import { type Effects, SchedulerShell } from './shell.ts';
import { WorkerDoor } from './worker-door.ts';

/** What a leader works with during its term. */
export interface LeaderOptions {
  readonly cluster: string;
  readonly leadership: Leadership;
  readonly store: Store;
  /** Blobs and the datasets of clients, which this process also serves to workers. */
  readonly home: string;
  /** Other coordinators of the cluster share it. */
  readonly shared: boolean;
  readonly planning: Planning;
  readonly flight: FlightClient;
  readonly secrets: Secrets;
  readonly config: Config;
  readonly log: Logger;
}

/** The coordinator while it leads: the scheduler with all that its effects act on. Ends with its epoch. */
export class Leader implements Disposable {
  readonly epoch: Epoch;
  readonly blobs: BlobDirectory;
  readonly datasets: DatasetSpool;
  readonly permits: PermitDesk;
  readonly catalog: Catalog;
  readonly door: WorkerDoor;
  readonly desk: JobDesk;
  readonly jobs: JobViews;
  readonly heldResults: HeldResults;
  readonly pipelines: Pipelines;
  readonly #leadership: Leadership;
  readonly #core: Scheduler;
  readonly #sessions: Sessions;
  readonly #shell: SchedulerShell;
  readonly #jobs: LeaderJobs;
  readonly #housekeeping: Disposable;
  readonly #plannedSlotsMin: number;
  readonly #log: Logger;
  readonly #ended = new AbortController();

  constructor({ cluster, leadership, store, home, shared, planning, flight, secrets, config, log }: LeaderOptions) {
    const { epoch } = leadership;
    this.epoch = epoch;
    this.#leadership = leadership;
    this.#plannedSlotsMin = config.plannedSlotsMin;
    this.#log = log;
    this.#core = new Scheduler(config);
    this.#shell = new SchedulerShell(this.#core, this.#effects(), config, log);
    this.#sessions = new Sessions(epoch);
    this.blobs = new BlobDirectory(join(home, 'blobs'), config, shared);
    this.datasets = new DatasetSpool(join(home, 'spool'), config);
    this.permits = new PermitDesk(config, monotonicMs);
    const [core, shell, sessions, { blobs, datasets }] = [this.#core, this.#shell, this.#sessions, this];

    const stored = { store, leadership, keys: keysOf(cluster), config, log };
    const describe = async (plan: PlanNode) => (await this.desk.describe(plan)).schema;
    this.catalog = new Catalog({ ...stored, describe });
    const probe = async (address: string) => void (await flight.ping(address));
    this.door = new WorkerDoor({ sessions, shell, cluster, probe, log });
    const { catalog, door } = this;

    const [over, mustLead, slots] = [this.#ended.signal, () => this.#mustLead(), () => this.#slots()];
    const common = { ...stored, epoch, core, shell, sessions, blobs, datasets, catalog, secrets, over, mustLead };
    this.#jobs = leaderJobs({ ...common, planning, flight, slots });
    const { desk, views: jobs, heldResults, results, ledger } = this.#jobs;
    this.desk = desk;
    this.jobs = jobs;
    this.heldResults = heldResults;
    this.pipelines = leaderPipelines({ ...common, cluster, desk, jobs, heldResults, results });
    this.#housekeeping = keepHouse({ ...common, ledger, door, heldResults, pipelines: this.pipelines });
  }

  /** Learns the jobs of the leaders before, and goes on with those that are not over. */
  async takeOver(): Promise<void> {
    await Promise.all([this.catalog.load(), this.pipelines.load()]);
    await this.#jobs.takeOver.begin();
    this.pipelines.begin();
  }

  /** Whether its term lasts at this moment. */
  get held(): boolean {
    return this.#leadership.held;
  }

  /** What the workers say of themselves, and how busy the scheduler keeps them. */
  workers(): WorkerInfo[] {
    const running = new Map(this.#core.workers().map((worker) => [String(worker.id), worker.running]));
    return this.#sessions.list().map((info) => ({ ...info, running: running.get(info.id) ?? 0 }));
  }

  /** The store's word that these workers' leases are over. */
  loseWorkers(workers: readonly WorkerId[]): void {
    for (const worker of workers) this.door.lose(worker, 'leaseExpired');
  }

  [Symbol.dispose](): void {
    this.#housekeeping[Symbol.dispose]();
    this.#ended.abort(noLonger(this.epoch));
    this.#shell[Symbol.dispose]();
    this.permits[Symbol.dispose]();
    for (const worker of this.#sessions.ids()) this.#sessions.close(worker);
  }

  #effects(): Effects {
    return {
      launch: ({ worker, task }) => this.#sessions.launch(worker, task),
      cancelAttempt: ({ worker, key, reason }) => this.#sessions.cancel(worker, key, reason),
      stageFinished: (effect) => {
        const { job, stage, rows, bytes } = effect;
        this.#log.info({ job, stage, rows, bytes }, 'stage finished');
        this.#jobs.stages.goOn(effect);
      },
      commitSink: ({ job, files }) => void this.#jobs.fileCommits.commit(job, files),
      abortSink: ({ job }) => void this.#jobs.fileCommits.abort(job),
      jobSucceeded: (effect) => this.#jobs.ends.succeeded(effect),
      jobOutgrown: ({ job }) => void this.#jobs.wideJobs.distribute(job),
      jobFailed: ({ job, error }) => void this.#jobs.ends.failed(job, error),
      jobCancelled: ({ job }) => void this.#jobs.ends.cancelled(job),
      dropJob: (effect) => this.#jobs.ends.drop(effect),
      workerDrained: ({ worker }) => this.door.drained(worker),
    };
  }

  /** How many tasks are worth planning for. */
  #slots(): number {
    const known = this.workers().reduce((sum, { slots }) => sum + slots, 0);
    return Math.max(this.#plannedSlotsMin, known);
  }

  /** What becomes visible to others must be this leader's still, also after a pause of the process. */
  #mustLead(): void {
    if (!this.#leadership.held) throw noLonger(this.epoch);
  }
}

const noLonger = (epoch: Epoch): SheafError =>
  new SheafError('NOT_LEADER', `This coordinator leads no more under epoch ${epoch}`, {
    retryable: true,
    next: 'Connect to the leader.',
  });
