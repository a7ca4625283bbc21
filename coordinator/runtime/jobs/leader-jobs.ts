import type { Config } from '../../../shared/config/config.ts';
import type { FlightClient } from '../../../shared/flight/client.ts';
import type { Epoch } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/log.ts';
import type { Secrets } from '../../../shared/secrets.ts';
import type { Keys } from '../../../shared/store/keys.ts';
import type { Leadership } from '../../../shared/store/membership/election.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Scheduler } from '../../scheduler/scheduler.ts';
import type { BlobDirectory } from '../blobs.ts';
import type { DatasetSpool } from '../dataset-spool.ts';
import { JobPlanner, type PlannerParts } from '../planning/job-planner.ts';
import { lookUp } from '../planning/look-up.ts';
import type { Planning } from '../planning/planning.ts';
import type { Sessions } from '../sessions.ts';
import type { SchedulerShell } from '../shell.ts';
import { FileCommits } from '../sinks/file-commits.ts';
import { HeldResults } from './held-results.ts';
import { JobBook } from './job-book.ts';
import { JobDesk } from './job-desk.ts';
import { JobEnds } from './job-ends.ts';
import { JobLedger } from './job-ledger.ts';
import { JobResults } from './job-results.ts';
import { JobStages } from './job-stages.ts';
import { JobStarts } from './job-starts.ts';
import { JobViews } from './job-views.ts';
import { JobTakeOver } from './take-over.ts';
import { WideJobs } from './wide-jobs.ts';

/** What {@link leaderJobs} works with. */
export interface LeaderJobsParts {
  readonly epoch: Epoch;
  readonly store: Store;
  readonly leadership: Leadership;
  readonly keys: Keys;
  readonly core: Scheduler;
  readonly shell: SchedulerShell;
  readonly sessions: Sessions;
  readonly blobs: BlobDirectory;
  readonly datasets: DatasetSpool;
  readonly catalog: Catalog;
  readonly planning: Planning;
  readonly flight: FlightClient;
  readonly secrets: Secrets;
  /** How many tasks are worth planning for. */
  readonly slots: () => number;
  readonly mustLead: () => void;
  /** Aborted when the term ends. */
  readonly over: AbortSignal;
  readonly config: Config;
  readonly log: Logger;
}

/** The parts that keep a leader's jobs. */
export type LeaderJobs = ReturnType<typeof leaderJobs>;

/** All that keeps a leader's jobs, from where they come in to where they end, put together. */
export function leaderJobs(parts: LeaderJobsParts) {
  const { blobs, catalog, config, flight } = parts;
  const book = new JobBook(config);
  const ledger = new JobLedger(parts);
  const ask: PlannerParts['lookUp'] = (plan, options) => lookUp(plan, options, { desk, heldResults, results });
  const planner = new JobPlanner({ ...parts, lookUp: ask });
  const stages = new JobStages({ ...parts, book });
  const wideJobs = new WideJobs({ ...parts, book, planner, stages });
  const common = { ...parts, book, ledger, planner, stages, wideJobs };
  const starts = new JobStarts(common);
  const desk = new JobDesk({ ...common, catalog, starts });
  const views = new JobViews(common);
  const heldResults = new HeldResults(common);
  const results = new JobResults({ jobs: views, heldResults, flight, config });
  const fileCommits = new FileCommits(common);
  const ends = new JobEnds({ ...common, heldResults });
  const takeOver = new JobTakeOver({ ...common, starts, blobs });
  return { ledger, stages, wideJobs, desk, views, heldResults, results, fileCommits, ends, takeOver };
}
