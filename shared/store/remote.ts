import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { SheafError } from '../errors.ts';
import { type Connection, connectTo, type RpcClient } from '../rpc/client.ts';
import { type CompareMessage, loadStoreService, type OperationMessage, type StoreContract } from './contract.ts';
import type { Grant } from './membership/lease.ts';
import { type Compare, type Entry, type Operation, Store, type TransactResult } from './store.ts';

/** How the store inside a coordinator is reached. */
export interface RemoteStoreOptions {
  /** `host:port` of the coordinator that holds the embedded store. */
  readonly address: string;
  readonly token?: string | undefined;
  readonly config: Config;
}

/** The embedded store of another process, over gRPC. */
export class RemoteStore extends Store {
  readonly #connection: Connection;
  readonly #client: RpcClient<StoreContract>;
  readonly #closing = new AbortController();

  constructor({ address, token, config }: RemoteStoreOptions) {
    super(config);
    this.#connection = connectTo(address, { token, config });
    this.#client = this.#connection.client(loadStoreService());
  }

  async get(key: string): Promise<Entry | undefined> {
    const { entries } = await this.#asked(this.#client.get({ key }, this.#options()));
    return entries[0];
  }

  async list(prefix: string): Promise<readonly Entry[]> {
    const { entries } = await this.#asked(this.#client.list({ prefix }, this.#options()));
    return entries;
  }

  protected apply(when: readonly Compare[], operations: readonly Operation[]): Promise<TransactResult> {
    const request = { when: when.map(toMessage), operations: operations.map(toOperationMessage) };
    return this.#asked(this.#client.transact(request, this.#options()));
  }

  async grantLease(ttlMs: number): Promise<Grant> {
    const grant = await this.#asked(this.#client.grantLease({ ttlMs }, this.#options()));
    return { id: grant.lease, ttlMs: grant.ttlMs };
  }

  async keepLease({ id, ttlMs }: Grant, timeoutMs: number): Promise<void> {
    await this.#asked(this.#client.keepLease({ lease: id, ttlMs }, this.#options(timeoutMs)));
  }

  async revokeLease({ id, ttlMs }: Grant): Promise<void> {
    await this.#asked(this.#client.revokeLease({ lease: id, ttlMs }, this.#options()));
  }

  watch(prefix: string, changed: () => void): Disposable {
    const disposed = new AbortController();
    void this.#watch(prefix, changed, AbortSignal.any([disposed.signal, this.#closing.signal]));
    return { [Symbol.dispose]: () => disposed.abort() };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#connection.close();
  }

  async #watch(prefix: string, changed: () => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const _ of this.#client.watch({ prefix }, { signal })) if (!signal.aborted) changed();
      } catch {
        // Hints are lost meanwhile; listing says what is wrong with the store.
      }
      await pause(this.config.storeRetryMs, undefined, { signal, ref: false }).catch(() => {}); // Woken by the end.
    }
  }

  #options(timeoutMs = this.config.storeTimeoutMs) {
    return { timeoutMs, signal: this.#closing.signal };
  }

  async #asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (thrown) {
      const error = SheafError.from(thrown);
      if (error.code !== 'UNREACHABLE' && error.code !== 'DEADLINE') throw error;
      throw new SheafError('STORE_UNREACHABLE', `The cluster's embedded store does not answer: ${error.message}`, {
        cause: error,
        retryable: true,
        next: 'Check that the coordinator runs; an embedded cluster lives and ends with it.',
      });
    }
  }
}

const toMessage = (compare: Compare): CompareMessage => compare;

const toOperationMessage = (operation: Operation): OperationMessage =>
  operation.kind === 'put'
    ? { key: operation.key, put: { value: operation.value, lease: operation.lease?.id ?? '' } }
    : { key: operation.key, delete: {} };
