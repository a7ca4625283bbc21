import { SheafError } from '../../errors.ts';
import { type WorkerId, workerId } from '../../ids.ts';
import type { Entry } from '../store.ts';

/** What a worker says of itself in the store. */
export interface MemberInfo {
  /** `host:port` of its gRPC server, if it has one for control; may equal the exchange's. */
  readonly address: string;
  /** `host:port` of its Flight service. */
  readonly exchangeAddress: string;
  readonly slots: number;
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  /** Wall-clock time of its start, for people. Milliseconds since 1970. */
  readonly startedMs: number;
}

/** One life of a worker, as registered. */
export interface Member extends MemberInfo {
  readonly incarnation: WorkerId;
}

/** @throws SheafError `VERSION_MISMATCH` if the entry is none that this version writes */
export function toMember({ key, value }: Entry): Member {
  const incarnation = workerId(decodeURIComponent(key.slice(key.lastIndexOf('/') + 1)));
  try {
    const info = JSON.parse(value) as MemberInfo;
    if (typeof info.exchangeAddress === 'string') return { ...info, incarnation };
  } catch {
    // Reported below, as any other entry that is not ours.
  }
  throw new SheafError('VERSION_MISMATCH', `The entry ${key} in the store is no worker of this version`, {
    next: 'Run the same version of Sheaf everywhere, or give the cluster another name.',
  });
}
