import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { SheafError } from '../../shared/errors.ts';
import { followLeader, type Leader } from '../../shared/store/membership/leader.ts';
import { type Registration, register } from '../../shared/store/membership/registration.ts';
import type { Store } from '../../shared/store/store.ts';
import { version } from '../../shared/version.ts';
import { Session } from './session.ts';
import type { WorkerOptions } from './worker-options.ts';
import type { WorkerParts } from './worker-parts.ts';

/**
 * A worker in its cluster: one session with the leader at a time. When a session or its lease is lost, its tasks stop,
 * its data goes, and it joins again as another incarnation.
 */
export class Lives {
  readonly #options: WorkerOptions;
  readonly #parts: WorkerParts;
  readonly #address: string;
  #session: Session | undefined;
  #draining = false;
  #complaint = '';

  /** @param address at which the others reach its exchange */
  constructor(options: WorkerOptions, parts: WorkerParts, address: string) {
    this.#options = options;
    this.#parts = parts;
    this.#address = address;
  }

  /**
   * One life after the other, until it is stopped or has drained.
   *
   * @throws SheafError `VERSION_MISMATCH`, `UNAUTHENTICATED`: another try is of no use
   */
  async live(stop: AbortSignal): Promise<void> {
    while (!stop.aborted && !this.#draining) {
      try {
        await this.#oneLife(stop);
      } catch (thrown) {
        if (stop.aborted) return;
        this.#complain(SheafError.from(thrown));
        await pause(this.#options.config.reconnectIntervalMs, undefined, { signal: stop }).catch(() => stop.aborted);
      }
    }
  }

  /** No other life, and no new tasks in this one. False if it is in no session that could drain. */
  drain(): boolean {
    this.#draining = true;
    this.#session?.drain();
    return this.#session !== undefined;
  }

  async #oneLife(stop: AbortSignal): Promise<void> {
    const { cluster, config, log } = this.#options;
    const store = await this.#options.store;
    const leader = await this.#findLeader(store, stop);
    if (!leader) return;
    const lifeOver = new AbortController();
    await using registration = await register({
      store,
      cluster,
      info: this.#info(),
      config,
      log,
      onIncarnation: () => lifeOver.abort(),
    });
    try {
      await this.#serve(leader, registration, AbortSignal.any([stop, lifeOver.signal]));
    } finally {
      await this.#parts.runner.dropAll();
    }
  }

  async #serve(leader: Leader, { incarnation }: Registration, signal: AbortSignal): Promise<void> {
    const { threads, token, config, log } = this.#options;
    const session = new Session({
      leader,
      worker: incarnation,
      slots: threads,
      exchangeAddress: this.#address,
      runner: this.#parts.runner,
      exchangeBytes: () => this.#parts.exchange.quota.bytes,
      token,
      config,
      log: log.child({ worker: incarnation }),
    });
    this.#session = session;
    this.#parts.exchange.worker = incarnation;
    const over = new AbortController();
    const outdated = new AbortController();
    void this.#watchLeader(leader, over.signal, outdated);
    this.#complaint = '';
    try {
      await session.serve(AbortSignal.any([signal, outdated.signal]));
    } finally {
      over.abort();
      this.#session = undefined;
    }
  }

  /** A leader that is paused or cut off breaks no stream: the store knows of its successor first. */
  async #watchLeader(served: Leader, signal: AbortSignal, outdated: AbortController): Promise<void> {
    const { cluster, config } = this.#options;
    const store = await this.#options.store;
    for await (const leader of followLeader(store, cluster, { config, signal })) {
      if (!leader || leader.epoch <= served.epoch) continue;
      outdated.abort(new SheafError('STALE_EPOCH', `${leader.address} leads now, under epoch ${leader.epoch}`));
      return;
    }
  }

  async #findLeader(store: Store, signal: AbortSignal): Promise<Leader | undefined> {
    const { cluster, config } = this.#options;
    const onError = (error: SheafError) => this.#complain(error);
    for await (const leader of followLeader(store, cluster, { config, signal, onError })) if (leader) return leader;
    return undefined;
  }

  #info() {
    return {
      address: this.#address,
      exchangeAddress: this.#address,
      slots: this.#options.threads,
      version,
      host: hostname(),
      pid: process.pid,
      startedMs: Date.now(),
    };
  }

  /** What will not get better by itself is an error; a leader that went is news. */
  #complain(error: SheafError): void {
    const { log } = this.#options;
    if (error.code === 'VERSION_MISMATCH' || error.code === 'UNAUTHENTICATED') {
      log.error({ code: error.code, next: error.next }, error.message);
      throw error;
    }
    if (error.message === this.#complaint) return; // Told once, however often it is tried again.
    this.#complaint = error.message;
    log.warn({ code: error.code }, `not in session with a leader: ${error.message}`);
  }
}
