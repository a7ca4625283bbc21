import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../config/config.ts';
import { SheafError } from '../../errors.ts';
import { type Epoch, epoch } from '../../ids.ts';
import type { Logger } from '../../log.ts';
import { follow } from '../follow.ts';
import { keysOf } from '../keys.ts';
import type { Compare, Operation, Store } from '../store.ts';
import { followLeader, type LeaderRecord } from './leader.ts';
import type { Lease } from './lease.ts';

/** Who campaigns, and where. */
export interface Candidacy {
  readonly store: Store;
  readonly cluster: string;
  /** `host:port` at which workers and clients will reach this coordinator. */
  readonly address: string;
  readonly config: Config;
  /** Ends the candidacy: `campaign` then rejects with its reason. */
  readonly signal: AbortSignal;
  readonly log?: Logger | undefined;
}

/** One term of leading. */
export interface Leadership {
  /** The fencing number: higher than that of every leader before. Every RPC of a leader carries it. */
  readonly epoch: Epoch;
  /** Aborted, with a SheafError, when the term ends. Stop everything that acts as leader. */
  readonly lost: AbortSignal;
  /**
   * Whether the term lasts at this moment; right at once after a pause of the process, when `lost` comes a turn later.
   */
  readonly held: boolean;
  /**
   * Writes as leader: only if this term still lasts in the store, whatever this process believes. While the store does
   * not answer it tries again, as long as the term lasts, so operations must bear to be done twice.
   *
   * @param when further conditions. After an answer that was lost they are checked against one's own first write.
   * @returns the revision written, or undefined if one of `when` did not hold
   * @throws SheafError `NOT_LEADER` once the term has ended
   */
  write(operations: readonly Operation[], when?: readonly Compare[]): Promise<number | undefined>;
  /** Ends the term and lets another lead at once. */
  resign(): Promise<void>;
}

/**
 * Waits until this process leads. A campaign of our own over put-if-absent: the leader key, written under a lease,
 * exists once, its create revision is the epoch, and every write compares it, so that a leader that was paused past its
 * lease and does not know yet cannot write.
 *
 * @throws the signal's reason; SheafError of a store that refuses us. An unreachable store is waited for.
 */
export async function campaign(candidacy: Candidacy): Promise<Leadership> {
  const { signal, config } = candidacy;
  const complain = complaints(candidacy.log);
  while (true) {
    await vacancy(candidacy, complain);
    try {
      const won = await attempt(candidacy);
      if (won) return won;
    } catch (thrown) {
      const error = SheafError.from(thrown);
      if (!error.retryable && error.code !== 'LEASE_LOST') throw error;
      complain('could not campaign', error);
      await pause(config.storeRetryMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

/** Told once for each message, however often it is tried again: a store may be away for hours. */
function complaints(log: Candidacy['log']): (what: string, error: SheafError) => void {
  const told = new Set<string>();
  return (what, error) => {
    const message = `${what}: ${error.message}`;
    if (told.has(message) || told.size >= complaintsMax) return;
    told.add(message);
    log?.warn({ code: error.code }, `${message}; trying again`);
  };
}

/** Of one campaign. */
const complaintsMax = 20;

async function vacancy(candidacy: Candidacy, complain: (what: string, error: SheafError) => void): Promise<void> {
  const { store, cluster, config, signal, log } = candidacy;
  const onError = (error: SheafError) => complain('cannot see who leads', error);
  for await (const leader of followLeader(store, cluster, { config, signal, onError })) {
    if (!leader) return;
    log?.debug({ leader: leader.address, epoch: leader.epoch }, 'standing by');
  }
  signal.throwIfAborted();
}

/**
 * One try for the vacant key. A try that fails gives its lease back, and the key with it, if it was written after all.
 */
async function attempt(candidacy: Candidacy): Promise<Leadership | undefined> {
  const { store, cluster, address, config } = candidacy;
  const record: LeaderRecord = { address, candidate: randomUUID() };
  const lease = await store.lease(config.leaderTtlMs);
  try {
    const { done, revision } = await store.putIfAbsent(keysOf(cluster).leader, JSON.stringify(record), lease);
    if (done && lease.held) return new Term(candidacy, lease, epoch(revision));
  } catch (thrown) {
    await lease.revoke();
    throw thrown;
  }
  await lease.revoke();
  return undefined;
}

const usurped = 'another leads, or its key is gone';

class Term implements Leadership {
  readonly epoch: Epoch;
  readonly #candidacy: Candidacy;
  readonly #lease: Lease;
  readonly #over = new AbortController();

  constructor(candidacy: Candidacy, lease: Lease, number: Epoch) {
    this.#candidacy = candidacy;
    this.#lease = lease;
    this.epoch = number;
    lease.lost.addEventListener('abort', () => this.#end('its lease is lost', lease.lost.reason), { once: true });
    if (lease.lost.aborted) this.#end('its lease is lost', lease.lost.reason);
    void this.#watchKey();
  }

  get lost(): AbortSignal {
    return this.#over.signal;
  }

  get held(): boolean {
    return !this.#over.signal.aborted && this.#lease.held;
  }

  async write(operations: readonly Operation[], when: readonly Compare[] = []): Promise<number | undefined> {
    const { store, config } = this.#candidacy;
    while (true) {
      this.#mustHold();
      try {
        const { done, revision } = await store.transact([this.#guard(), ...when], operations);
        if (done) return revision;
        await this.#mustStand();
        return undefined;
      } catch (thrown) {
        if (SheafError.from(thrown).code !== 'STORE_UNREACHABLE') throw thrown;
        await pause(config.storeRetryMs, undefined, { signal: this.lost }).catch(() => {}); // Woken by the term's end.
      }
    }
  }

  async resign(): Promise<void> {
    this.#end('it resigned');
    await this.#lease.revoke();
  }

  #guard(): Compare {
    return { key: keysOf(this.#candidacy.cluster).leader, createRevision: this.epoch };
  }

  #mustHold(): void {
    if (!this.held) this.#end('its lease was not renewed in time');
    this.lost.throwIfAborted();
  }

  /** Throws if the store says that the term is over. */
  async #mustStand(): Promise<void> {
    const entry = await this.#candidacy.store.get(keysOf(this.#candidacy.cluster).leader);
    if (entry?.createRevision !== this.epoch) this.#end(usurped);
    this.lost.throwIfAborted();
  }

  /** Notices a key that was taken away although the lease lasts. */
  async #watchKey(): Promise<void> {
    const { store, config } = this.#candidacy;
    const { key } = this.#guard();
    for await (const entries of follow(store, key, { config, signal: this.lost })) {
      if (!entries.some(({ createRevision }) => createRevision === this.epoch)) this.#end(usurped);
    }
  }

  /** Stops acting as leader first, and gives the lease back then, so that another need not wait for its end. */
  #end(why: string, cause?: unknown): void {
    if (this.lost.aborted) return;
    const { address } = this.#candidacy;
    const next = 'Nothing to do: another coordinator takes over, or this one leads again under a new epoch.';
    this.#over.abort(
      new SheafError('NOT_LEADER', `${address} leads no more under epoch ${this.epoch}: ${why}`, { cause, next }),
    );
    void this.#lease.revoke();
  }
}
