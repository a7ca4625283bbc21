import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { SheafError } from '../../errors.ts';
import { type LeaseTiming, nextLeaseStep, reliableUntilMs } from './lease-timing.ts';

/** A lease as the store grants it. Nobody renews it; see `Store.lease`. */
export interface Grant {
  readonly id: string;
  readonly ttlMs: number;
}

/** What a store does about leases. */
export interface LeaseStore {
  grantLease(ttlMs: number): Promise<Grant>;
  /** @throws SheafError `LEASE_LOST` if the lease is gone */
  keepLease(grant: Grant, timeoutMs: number): Promise<void>;
  revokeLease(grant: Grant): Promise<void>;
}

/** A lease that is renewed in the background. */
export interface Lease {
  readonly id: string;
  /** As asked for; the store may grant more (etcd: whole seconds, at least 2). */
  readonly ttlMs: number;
  /**
   * Aborted, with a SheafError `LEASE_LOST`, once the lease cannot be relied on: at two thirds of its lifetime without
   * a renewal, before the store lets go of it. Also after `revoke`.
   */
  readonly lost: AbortSignal;
  /**
   * Whether it can be relied on at this moment. After a pause of the process (SIGSTOP, a long computation) this is
   * right at once, while `lost` needs a turn of the event loop: ask it before each write.
   */
  readonly held: boolean;
  /** Gives the lease back: its keys are gone when this resolves. Never throws; an unreachable store lets it expire. */
  revoke(): Promise<void>;
}

/** A lease that this process keeps alive until it is lost or released. */
export class HeldLease implements Lease {
  readonly id: string;
  readonly ttlMs: number;
  readonly #store: LeaseStore;
  readonly #grant: Grant;
  readonly #config: Config;
  readonly #over = new AbortController();
  #timing: LeaseTiming;

  /** @throws SheafError `STORE_UNREACHABLE` */
  static async take(store: LeaseStore, ttlMs: number, config: Config): Promise<HeldLease> {
    const sentAtMs = monotonicMs();
    const grant = await store.grantLease(ttlMs);
    return new HeldLease(store, grant, { ttlMs, renewedAtMs: sentAtMs, triedAtMs: sentAtMs }, config);
  }

  private constructor(store: LeaseStore, grant: Grant, timing: LeaseTiming, config: Config) {
    this.#store = store;
    this.#grant = grant;
    this.#timing = timing;
    this.#config = config;
    this.id = grant.id;
    this.ttlMs = timing.ttlMs;
    void this.#keep();
  }

  get lost(): AbortSignal {
    return this.#over.signal;
  }

  get held(): boolean {
    return !this.#over.signal.aborted && monotonicMs() < reliableUntilMs(this.#timing);
  }

  async revoke(): Promise<void> {
    this.#end('was given back');
    await this.#store.revokeLease(this.#grant).catch(() => {
      // It expires by itself; there is nothing that a caller who is leaving could do.
    });
  }

  async #keep(): Promise<void> {
    while (!this.#over.signal.aborted) {
      const step = nextLeaseStep(this.#timing, monotonicMs());
      if (step.kind === 'lost') return this.#end(`was not renewed within two thirds of its ${this.ttlMs} ms`);
      if (step.kind === 'renew') await this.#renew(step.timeoutMs);
      else await pause(step.forMs, undefined, { signal: this.#over.signal }).catch(() => {}); // Woken by its end.
    }
  }

  async #renew(timeoutMs: number): Promise<void> {
    const sentAtMs = monotonicMs();
    this.#timing = { ...this.#timing, triedAtMs: sentAtMs };
    try {
      await this.#store.keepLease(this.#grant, Math.min(timeoutMs, this.#config.storeTimeoutMs));
      this.#timing = { ...this.#timing, renewedAtMs: sentAtMs };
    } catch (thrown) {
      if (SheafError.from(thrown).code === 'LEASE_LOST') this.#end('has expired in the store', thrown);
      // Any other failure is tried again until the lease can no longer be relied on.
    }
  }

  #end(why: string, cause?: unknown): void {
    this.#over.abort(new SheafError('LEASE_LOST', `The lease ${this.id} ${why}`, { cause }));
  }
}
