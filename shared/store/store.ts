import type { Config } from '../config/config.ts';
import { SheafError } from '../errors.ts';
import { type Grant, HeldLease, type Lease, type LeaseStore } from './membership/lease.ts';

/** A key with its value, as of one moment. Revisions count the store's transactions and stay under 2^53. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  /** Revision at which the key came into being: another life of the same key has a higher one. */
  readonly createRevision: number;
  /** Revision at which it was last written. */
  readonly revision: number;
}

/** A condition of a transaction. Revision 0: the key does not exist. */
export type Compare =
  | { readonly key: string; readonly revision: number }
  | { readonly key: string; readonly createRevision: number };

/** A lease as a transaction names it. */
export type LeaseName = Pick<Lease, 'id'>;

/** One write of a transaction. */
export type Operation =
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly lease?: LeaseName | undefined }
  | { readonly kind: 'delete'; readonly key: string };

/** How a transaction ended. */
export interface TransactResult {
  /** False if a comparison did not hold: then nothing was written. */
  readonly done: boolean;
  /** The store's revision after it; if done, the revision that its writes bear. */
  readonly revision: number;
}

/**
 * The small, consistent store under a cluster: membership, leadership, job metadata. Never bulk data.
 *
 * Every method throws SheafError `STORE_UNREACHABLE` (retryable) when the store does not answer in `storeTimeoutMs`.
 * **After that a write may have happened or not**: read before you repeat one that is not idempotent.
 */
export abstract class Store implements LeaseStore, AsyncDisposable {
  protected readonly config: Config;

  protected constructor(config: Config) {
    this.config = config;
  }

  abstract get(key: string): Promise<Entry | undefined>;
  /** All entries whose keys begin with the prefix, in the order of their keys. */
  abstract list(prefix: string): Promise<readonly Entry[]>;
  /**
   * Calls back when something under the prefix may have changed: a hint, sometimes too often, sometimes lost when the
   * connection is. So list again also from time to time, as `follow` does. Disposing ends it.
   */
  abstract watch(prefix: string, changed: () => void): Disposable;
  /** Ends watches and connections; leases are left to expire. */
  abstract close(): Promise<void>;

  protected abstract apply(when: readonly Compare[], operations: readonly Operation[]): Promise<TransactResult>;
  abstract grantLease(ttlMs: number): Promise<Grant>;
  abstract keepLease(grant: Grant, timeoutMs: number): Promise<void>;
  abstract revokeLease(grant: Grant): Promise<void>;

  /**
   * Does all operations if all comparisons hold, otherwise none. A key may be written once.
   *
   * @throws SheafError `QUOTA_EXCEEDED` past `storeOperationsMax` or `storeValueBytesMax`; `LEASE_LOST` for a put under
   * a lease that is gone
   */
  transact(when: readonly Compare[], operations: readonly Operation[]): Promise<TransactResult> {
    this.#checkSize(operations);
    return this.apply(when, operations);
  }

  /** Writes the key, whatever it was. Returns the revision that it now has. */
  async put(key: string, value: string, lease?: LeaseName): Promise<number> {
    const { revision } = await this.transact([], [{ kind: 'put', key, value, lease }]);
    return revision;
  }

  /** Writes the key if it does not exist. */
  putIfAbsent(key: string, value: string, lease?: LeaseName): Promise<TransactResult> {
    return this.transact([{ key, revision: 0 }], [{ kind: 'put', key, value, lease }]);
  }

  /** Writes the key if it was last written at `revision`. */
  putIf(key: string, value: string, revision: number, lease?: LeaseName): Promise<TransactResult> {
    return this.transact([{ key, revision }], [{ kind: 'put', key, value, lease }]);
  }

  /** Deletes the key if it exists. */
  async delete(key: string): Promise<void> {
    await this.transact([], [{ kind: 'delete', key }]);
  }

  /** Takes a lease and renews it until it is lost or revoked. Keys put under it go with it. */
  lease(ttlMs: number): Promise<Lease> {
    return HeldLease.take(this, ttlMs, this.config);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkSize(operations: readonly Operation[]): void {
    const { storeOperationsMax, storeValueBytesMax } = this.config;
    const bytes = operations.reduce((sum, operation) => sum + sizeOf(operation), 0);
    if (operations.length <= storeOperationsMax && bytes <= storeValueBytesMax) return;
    throw new SheafError(
      'QUOTA_EXCEEDED',
      `A transaction of ${operations.length} operations and ${bytes} bytes on ${operations[0]?.key} is more than the store takes`,
      { next: 'Put bulky data into a blob and only its name into the store.' },
    );
  }
}

const sizeOf = (operation: Operation): number =>
  Buffer.byteLength(operation.key) + (operation.kind === 'put' ? Buffer.byteLength(operation.value) : 0);
