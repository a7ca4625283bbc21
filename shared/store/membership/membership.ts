import { SheafError } from '../../errors.ts';
import type { WorkerId } from '../../ids.ts';
import { type FollowOptions, follow } from '../follow.ts';
import { keysOf } from '../keys.ts';
import type { Entry, Store } from '../store.ts';
import { type Member, toMember } from './member.ts';

/** What has changed among the members since the last change. */
export interface MembershipChange {
  readonly joined: readonly Member[];
  readonly left: readonly WorkerId[];
}

/**
 * The cluster's workers as they come and go; the first change holds all that are there. Whoever left while the store
 * could not be reached is reported once it can be again. Ends with the signal.
 */
export async function* watchMembers(
  store: Store,
  cluster: string,
  options: FollowOptions,
): AsyncGenerator<MembershipChange> {
  let known = new Map<WorkerId, Member>();
  for await (const entries of follow(store, keysOf(cluster).workers, options)) {
    const now = new Map(readable(entries, options).map((member) => [member.incarnation, member]));
    const joined = [...now.values()].filter(({ incarnation }) => !known.has(incarnation));
    const left = [...known.keys()].filter((incarnation) => !now.has(incarnation));
    known = now;
    yield { joined, left };
  }
}

/** What is no worker of ours is reported, and stops none of the others. */
function readable(entries: readonly Entry[], { onError }: FollowOptions): Member[] {
  return entries.flatMap((entry) => {
    try {
      return [toMember(entry)];
    } catch (thrown) {
      onError?.(SheafError.from(thrown));
      return [];
    }
  });
}

/** The workers of this moment. */
export async function members(store: Store, cluster: string): Promise<readonly Member[]> {
  return (await store.list(keysOf(cluster).workers)).map(toMember);
}
