import type { JobId, StageId, WorkerId } from '../ids.ts';

/** Where things are in the store. A prefix ends with `/`, so that no name is a prefix of another's. */
export interface Keys {
  /** The leader's address, under its lease. Its create revision is the epoch. */
  readonly leader: string;
  readonly workers: string;
  worker(incarnation: WorkerId): string;
  /** All jobs and, among them, their stages. */
  readonly jobs: string;
  job(job: JobId): string;
  /** A checkpoint per finished stage. */
  stages(job: JobId): string;
  stage(job: JobId, stage: StageId): string;
  /** Tables and views by name. */
  readonly catalog: string;
  catalogEntry(name: string): string;
  readonly schedules: string;
  schedule(name: string): string;
  readonly cursors: string;
  /** Where the last committed load of a pipeline's source left off. */
  cursor(pipeline: string, source: string): string;
  cursorsOf(pipeline: string): string;
  readonly pipelines: string;
  pipeline(name: string): string;
  /** Which intervals of a pipeline are loaded. */
  readonly covered: string;
  coveredOf(pipeline: string): string;
  readonly runs: string;
  run(id: string): string;
}

/**
 * The keys of one cluster, under `/sheaf/<cluster>/`. Names that people give are escaped.
 *
 * @param cluster its name; several clusters may share one etcd
 */
export function keysOf(cluster: string): Keys {
  const root = `/sheaf/${encodeURIComponent(cluster)}/`;
  const folder = (name: string) => `${root}${name}/`;
  const [workers, jobs, schedules, cursors] = [
    folder('workers'),
    folder('jobs'),
    folder('schedules'),
    folder('cursors'),
  ];
  const [pipelines, runs] = [folder('pipelines'), folder('runs')];
  const cursorsOf = (pipeline: string) => `${cursors}${encodeURIComponent(pipeline)}/`;
  const jobKey = (job: JobId) => `${jobs}${encodeURIComponent(job)}`;
  const stages = (job: JobId) => `${jobKey(job)}/stages/`;
  return {
    leader: `${root}leader`,
    workers,
    worker: (incarnation) => `${workers}${encodeURIComponent(incarnation)}`,
    jobs,
    job: jobKey,
    stages,
    stage: (job, stage) => `${stages(job)}${String(stage).padStart(6, '0')}`,
    catalog: `${root}catalog/`,
    catalogEntry: (name) => `${root}catalog/${encodeURIComponent(name)}`,
    schedules,
    schedule: (name) => `${schedules}${encodeURIComponent(name)}`,
    cursors,
    cursor: (pipeline, source) => `${cursorsOf(pipeline)}${encodeURIComponent(source)}`,
    cursorsOf,
    pipelines,
    pipeline: (name) => `${pipelines}${encodeURIComponent(name)}`,
    covered: folder('covered'),
    coveredOf: (pipeline) => `${folder('covered')}${encodeURIComponent(pipeline)}`,
    runs,
    run: (id) => `${runs}${encodeURIComponent(id)}`,
  };
}
