import { type Epoch, epoch } from '../../ids.ts';
import { type FollowOptions, follow } from '../follow.ts';
import { keysOf } from '../keys.ts';
import type { Entry, Store } from '../store.ts';

/** Who leads a cluster. */
export interface Leader {
  /** `host:port` of its gRPC server. */
  readonly address: string;
  readonly epoch: Epoch;
}

/** What stands under the leader key. `candidate` tells one campaign from another at the same address. */
export interface LeaderRecord {
  readonly address: string;
  readonly candidate: string;
}

/** The epoch of a leader is its key's create revision: every later leader's is higher. */
function toLeader(entry: Entry): Leader {
  const { address } = JSON.parse(entry.value) as LeaderRecord;
  return { address, epoch: epoch(entry.createRevision) };
}

/** The leader as it changes: yields at once, `undefined` while there is none, until the signal is aborted. */
export async function* followLeader(
  store: Store,
  cluster: string,
  options: FollowOptions,
): AsyncGenerator<Leader | undefined> {
  const { leader } = keysOf(cluster);
  for await (const entries of follow(store, leader, options)) {
    const entry = entries.find(({ key }) => key === leader);
    yield entry && toLeader(entry);
  }
}
