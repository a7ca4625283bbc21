import type { Cluster } from '../client/cluster.ts';
import { SheafError } from '../shared/errors.ts';
import type { ClusterOptions } from './command.ts';

/** What a command does with a cluster; `signal` is aborted by Ctrl-C. */
export type Use = (cluster: Cluster, signal: AbortSignal) => Promise<void>;

/** Connects to the cluster that the options or the environment name; without one, starts one for the time of the use. */
export async function withCluster(options: ClusterOptions, use: Use): Promise<void> {
  const interrupted = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    process.exitCode = signal === 'SIGINT' ? 130 : 143;
    interrupted.abort(new SheafError('CANCELLED', `Stopped by ${signal}`));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  try {
    const { connect } = await import('../client/connect.ts');
    const { tokenFile } = options;
    const { signal } = interrupted;
    await using cluster = await connect(options.cluster, {
      ...(tokenFile === undefined ? {} : { tokenFile }),
      signal,
    });
    await use(cluster, signal);
  } catch (thrown) {
    // A second signal finds Node's own handling: the process ends at once, and the cluster's processes with it.
    if (!interrupted.signal.aborted) throw thrown;
  }
}

/** Connects to a cluster that must be there. */
export async function withRunningCluster(options: ClusterOptions, use: Use): Promise<void> {
  const address = options.cluster ?? process.env.SHEAF_CLUSTER;
  if (!address) {
    throw new SheafError('USAGE', 'Which cluster?', {
      next: 'Say it with --cluster host:port or in SHEAF_CLUSTER; npx sheaf start prints where it listens.',
    });
  }
  await withCluster({ ...options, cluster: address }, use);
}
