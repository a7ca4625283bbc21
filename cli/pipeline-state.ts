import { join, resolve } from 'node:path';
import type { PipelineRecord } from '../pipeline/records/record.ts';
import type { RunInfo, RunRecord } from '../pipeline/records/run.ts';
import { SheafError } from '../shared/errors.ts';
import type { ClusterOptions } from './command.ts';
import { defaultStateDirectory, hasState } from './run-pipeline.ts';
import { withCluster } from './with-cluster.ts';

/** Flags of commands that look at pipelines and runs. */
export interface StateOptions extends ClusterOptions {
  readonly stateDir?: string;
}

/** What is known of pipelines and runs. */
export interface PipelineState {
  list(): Promise<readonly PipelineRecord[]>;
  runs(wanted: { readonly pipeline?: string; readonly limit?: number }): Promise<readonly RunRecord[]>;
  runInfo(id: string): Promise<RunInfo>;
}

/**
 * Looks into the cluster that the options or the environment name; without one, into the files of the folder of state,
 * whoever uses it.
 */
export async function withPipelineState(
  options: StateOptions,
  use: (state: PipelineState) => Promise<void>,
): Promise<void> {
  const address = options.cluster ?? process.env.SHEAF_CLUSTER;
  if (address) return await withCluster({ ...options, cluster: address }, ({ pipelines }) => use(pipelines));
  const folder = options.stateDir ?? defaultStateDirectory;
  if (!hasState(folder)) {
    throw new SheafError('USAGE', `Which cluster? There is no folder of state ${resolve(folder)} either`, {
      next: 'Say it with --cluster host:port or in SHEAF_CLUSTER; or go where the pipeline was run, or name --state-dir.',
    });
  }
  await use(await folderState(folder));
}

async function folderState(folder: string): Promise<PipelineState> {
  const { loadFiles } = await import('../shared/store/durable/files.ts');
  const { keysOf } = await import('../shared/store/keys.ts');
  const keys = keysOf('local');
  const { entries } = await loadFiles(join(folder, 'store'));
  const under = <Shape>(prefix: string) =>
    entries.filter(({ key }) => key.startsWith(prefix)).map(({ value }) => JSON.parse(value) as Shape);
  const runs = under<RunRecord>(keys.runs).sort((a, b) => b.submittedMs - a.submittedMs);
  return {
    list: async () => under<PipelineRecord>(keys.pipelines),
    runs: async ({ pipeline, limit = runs.length }) =>
      runs.filter((run) => pipeline === undefined || run.pipeline === pipeline).slice(0, limit),
    runInfo: async (id) => {
      const run = runs.find((each) => each.id === id);
      if (run) return run;
      throw new SheafError('RUN_UNKNOWN', `There is no run ${id} in ${resolve(folder)}`, {
        next: 'List those that are known: npx sheaf runs.',
      });
    },
  };
}
