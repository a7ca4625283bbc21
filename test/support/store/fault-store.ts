import { SheafError } from '../../../shared/errors.ts';
import { EmbeddedStore } from '../../../shared/store/embedded.ts';
import type { Grant } from '../../../shared/store/membership/lease.ts';
import type { Compare, Entry, Operation, TransactResult } from '../../../shared/store/store.ts';

/** An embedded store whose faults a test can switch on. */
export class FaultStore extends EmbeddedStore {
  /** No operation gets an answer. */
  away = false;
  /** Writes happen, but their answers are lost. */
  answersLost = false;
  /** Watches never hint. */
  hintless = false;
  /** How many transactions have been asked for. */
  transactions = 0;
  /** If set, transactions wait for it before they reach the store. */
  delay: Promise<void> | undefined;

  override async get(key: string): Promise<Entry | undefined> {
    this.#check();
    return super.get(key);
  }

  override async list(prefix: string): Promise<readonly Entry[]> {
    this.#check();
    return super.list(prefix);
  }

  override async grantLease(ttlMs: number): Promise<Grant> {
    this.#check();
    return super.grantLease(ttlMs);
  }

  override async keepLease(grant: Grant): Promise<void> {
    this.#check();
    return super.keepLease(grant);
  }

  override async revokeLease(grant: Grant): Promise<void> {
    this.#check();
    return super.revokeLease(grant);
  }

  override watch(prefix: string, changed: () => void): Disposable {
    return super.watch(prefix, () => this.hintless || changed());
  }

  protected override async apply(when: readonly Compare[], operations: readonly Operation[]): Promise<TransactResult> {
    this.transactions += 1;
    await this.delay;
    this.#check();
    const result = await super.apply(when, operations);
    if (this.answersLost) throw unreachable();
    return result;
  }

  #check(): void {
    if (this.away) throw unreachable();
  }
}

const unreachable = () => new SheafError('STORE_UNREACHABLE', 'away, for a test', { retryable: true });
