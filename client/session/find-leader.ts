import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../shared/config/config.ts';
import { type JobsContract, jobsService } from '../../shared/contracts/jobs.ts';
import { type PipelinesContract, pipelinesService } from '../../shared/contracts/pipelines.ts';
import { SheafError } from '../../shared/errors.ts';
import { type Connection, connectTo, type RpcClient } from '../../shared/rpc/client.ts';
import { loadService } from '../../shared/rpc/proto.ts';
import { version } from '../../shared/version.ts';

/** The leader that was found, with clients for its services. */
export interface LeaderConnection {
  readonly address: string;
  readonly connection: Connection;
  readonly jobs: RpcClient<JobsContract>;
  readonly pipelines: RpcClient<PipelinesContract>;
}

/** How coordinators are reached. */
export interface Way {
  readonly config: Config;
  readonly token: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Connects to the coordinator that leads. A standby names the leader, and is followed there.
 *
 * @param addresses `host:port` of coordinators, in the order in which to ask
 * @throws SheafError of the last address that was tried: `UNREACHABLE`, `NOT_LEADER`, `VERSION_MISMATCH`, …
 */
export async function findLeader(addresses: readonly string[], way: Way): Promise<LeaderConnection> {
  const found = await askAll(addresses, way);
  if ('failure' in found) throw found.failure;
  return found;
}

/**
 * The same, but where a coordinator answers that it does not lead, the next leader is waited for (`leaderWaitMs`): a
 * leader that was killed is succeeded when its lease ends, and who comes in between should see nothing but a delay.
 *
 * @throws SheafError as `findLeader`
 */
export async function awaitLeader(addresses: readonly string[], way: Way): Promise<LeaderConnection> {
  const { leaderWaitMs, watchRetryMs } = way.config;
  const startedMs = performance.now();
  while (true) {
    const found = await askAll(addresses, way);
    if (!('failure' in found)) return found;
    const isOver = performance.now() - startedMs > leaderWaitMs || way.signal?.aborted === true;
    if (isOver || !found.isBetweenLeaders) throw found.failure;
    await pause(watchRetryMs, undefined, way.signal && { signal: way.signal }).catch(() => {}); // The loop sees why.
  }
}

interface NotFound {
  /** Of the last that was asked. */
  readonly failure: unknown;
  readonly isBetweenLeaders: boolean;
}

async function askAll(addresses: readonly string[], way: Way): Promise<LeaderConnection | NotFound> {
  const toTry = [...addresses];
  let failure: unknown;
  let isBetweenLeaders = false;
  for (const address of toTry) {
    try {
      return await greeted(address, way);
    } catch (thrown) {
      failure = thrown;
      isBetweenLeaders ||= thrown instanceof SheafError && thrown.code === 'NOT_LEADER';
      if (way.signal?.aborted) break;
      const leader = leaderNamedBy(thrown);
      if (leader && !toTry.includes(leader)) toTry.push(leader);
    }
  }
  return { failure, isBetweenLeaders };
}

/** Where a standby says that the leader is. */
function leaderNamedBy(thrown: unknown): string | undefined {
  if (!(thrown instanceof SheafError) || thrown.code !== 'NOT_LEADER') return undefined;
  return String(thrown.details?.leader ?? '') || undefined;
}

/** Versions are exchanged before anything else. */
async function greeted(address: string, { config, token, signal }: Way): Promise<LeaderConnection> {
  const connection = connectTo(address, { token, config });
  try {
    const jobs = connection.client(loadService<JobsContract>('jobs', jobsService));
    const reply = await jobs.hello({ version }, { signal, timeoutMs: config.connectTimeoutMs });
    if (reply.version !== version) throw otherVersion(address, reply.version);
    const pipelines = connection.client(loadService<PipelinesContract>('pipelines', pipelinesService));
    return { address, connection, jobs, pipelines };
  } catch (thrown) {
    connection.close();
    throw explained(thrown, address);
  }
}

const otherVersion = (address: string, theirs: string): SheafError =>
  new SheafError('VERSION_MISMATCH', `This client is Sheaf ${version}, the coordinator at ${address} is ${theirs}`, {
    next: 'Install the same version on both sides.',
  });

function explained(thrown: unknown, address: string): unknown {
  if (!(thrown instanceof SheafError) || (thrown.code !== 'UNREACHABLE' && thrown.code !== 'DEADLINE')) return thrown;
  return new SheafError('UNREACHABLE', `No coordinator answers at ${address}`, {
    cause: thrown,
    retryable: true,
    next: 'Check the address and that the coordinator runs (npx sheaf coordinator), or leave the address out to start an embedded cluster.',
  });
}
