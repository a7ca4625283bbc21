import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../config/config.ts';
import { SheafError } from '../../errors.ts';
import { type WorkerId, workerId } from '../../ids.ts';
import type { Logger } from '../../log.ts';
import { follow } from '../follow.ts';
import { keysOf } from '../keys.ts';
import type { Store } from '../store.ts';
import type { Lease } from './lease.ts';
import type { MemberInfo } from './member.ts';

/** Who registers, and where. */
export interface RegisterOptions {
  readonly store: Store;
  readonly cluster: string;
  readonly info: MemberInfo;
  readonly config: Config;
  /**
   * Called when the worker has become a new incarnation, because its lease was lost: the cluster has given the old one
   * up, and refuses what it still reports.
   */
  readonly onIncarnation?: ((now: WorkerId, before: WorkerId) => void) | undefined;
  readonly log?: Logger | undefined;
}

/** A worker's place among the members, kept until closed. */
export interface Registration extends AsyncDisposable {
  /** Of this moment. */
  readonly incarnation: WorkerId;
  /** Whether this incarnation is still a member as far as it can know. */
  readonly held: boolean;
  /** Deregisters: the others see it leave at once. */
  close(): Promise<void>;
}

/**
 * Registers a worker under a lease, and again as a new incarnation whenever that is lost.
 *
 * @throws SheafError `STORE_UNREACHABLE` if the store does not answer the first time; later it is waited for
 */
export async function register(options: RegisterOptions): Promise<Registration> {
  return new Membership(options, await join(options));
}

interface Life {
  readonly incarnation: WorkerId;
  readonly lease: Lease;
}

/** Under a name that nobody had: a life begins once. */
async function join({ store, cluster, info, config }: RegisterOptions): Promise<Life> {
  const incarnation = workerId(`worker-${randomBytes(6).toString('hex')}`);
  const lease = await store.lease(config.workerTtlMs);
  try {
    await store.put(keysOf(cluster).worker(incarnation), JSON.stringify(info), lease);
  } catch (thrown) {
    await lease.revoke();
    throw thrown;
  }
  return { incarnation, lease };
}

class Membership implements Registration {
  readonly #options: RegisterOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #life: Life;

  constructor(options: RegisterOptions, life: Life) {
    this.#options = options;
    this.#life = life;
    this.#running = this.#run();
  }

  get incarnation(): WorkerId {
    return this.#life.incarnation;
  }

  get held(): boolean {
    return this.#life.lease.held;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    await this.#life.lease.revoke();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await this.#lifeEnds();
      if (this.#closing.signal.aborted) return;
      await this.#life.lease.revoke();
      await this.#rejoin();
    }
  }

  /** Resolves when the lease is lost, or someone has taken the key away, or the registration closes. */
  async #lifeEnds(): Promise<void> {
    const { store, cluster, config } = this.#options;
    const { lease, incarnation } = this.#life;
    const key = keysOf(cluster).worker(incarnation);
    const signal = AbortSignal.any([lease.lost, this.#closing.signal]);
    for await (const entries of follow(store, key, { config, signal })) if (entries.length === 0) return;
  }

  async #rejoin(): Promise<void> {
    const { log, config, onIncarnation } = this.#options;
    const before = this.#life.incarnation;
    const signal = this.#closing.signal;
    log?.warn({ worker: before }, 'lost its lease; joining again as a new incarnation');
    while (!signal.aborted) {
      try {
        this.#life = await join(this.#options);
        log?.info({ worker: this.incarnation, before }, 'joined again');
        return onIncarnation?.(this.incarnation, before);
      } catch (thrown) {
        log?.warn({ err: SheafError.from(thrown) }, 'cannot join; trying again');
        await pause(config.storeRetryMs, undefined, { signal }).catch(() => {}); // Woken by the end.
      }
    }
  }
}
