import type { Cluster } from '../client/cluster.ts';
import { SheafError } from '../shared/errors.ts';
import type { ClusterOptions } from './command.ts';
import { untilSignal } from './signals.ts';

/** What a command does with a cluster; `signal` is aborted by Ctrl-C. */
export type Use = (cluster: Cluster, signal: AbortSignal) => Promise<void>;

/**
 * Connects to the cluster that the options or the environment name; without one, starts one for the time of the use.
 */
export async function withCluster({ cluster: address, tokenFile }: ClusterOptions, use: Use): Promise<void> {
  using stopping = untilSignal();
  const { signal } = stopping;
  try {
    const { connect } = await import('../client/connect.ts');
    await using cluster = await connect(address, { ...(tokenFile === undefined ? {} : { tokenFile }), signal });
    await use(cluster, signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown; // A command that a signal stopped needs no explanation.
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
