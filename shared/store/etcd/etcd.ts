import type { CallOptions } from '@grpc/grpc-js';
import type * as Etcd from 'etcd3';
import { SheafError } from '../../errors.ts';
import type { Grant } from '../membership/lease.ts';
import { type Compare, type Entry, type Operation, Store, type TransactResult } from '../store.ts';
import { firstAnswer, within } from './calls.ts';
import { clientOptions, type EtcdOptions } from './client.ts';
import { etcdError, ignoreLost } from './errors.ts';
import { rangeEnd, toCompare, toEntry, toRequest, toRevision } from './requests.ts';
import { EtcdWatch } from './watch.ts';

/**
 * Connects to etcd. Only the KV, lease and watch calls of the etcd3 package are used: its lease reports a loss too
 * late, and its election announces leaders who are none after a pause. The package takes 0.2 s to load, so it is loaded
 * here.
 *
 * @throws SheafError `STORE_UNREACHABLE` if no endpoint answers
 */
export async function openEtcdStore(options: EtcdOptions): Promise<Store> {
  const store = new EtcdStore(await import('etcd3'), options);
  try {
    await store.get('/sheaf/');
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
  return store;
}

class EtcdStore extends Store {
  readonly #library: typeof Etcd;
  readonly #endpoints: readonly string[];
  readonly #clients: readonly Etcd.Etcd3[];
  readonly #watches = new Set<Disposable>();
  /** The endpoint in use: kept while it answers, so that one dead member does not fail every third call. */
  #current = 0;

  constructor(library: typeof Etcd, options: EtcdOptions) {
    super(options.config);
    this.#library = library;
    this.#endpoints = options.endpoints;
    this.#clients = options.endpoints.map((endpoint) => new library.Etcd3(clientOptions(endpoint, options)));
  }

  async get(key: string): Promise<Entry | undefined> {
    const { kvs } = await this.#read(({ kv }, deadline) => kv.range({ key: Buffer.from(key) }, deadline));
    return kvs[0] && toEntry(kvs[0]);
  }

  async list(prefix: string): Promise<readonly Entry[]> {
    const range = { key: Buffer.from(prefix), range_end: rangeEnd(prefix) };
    const { kvs } = await this.#read(({ kv }, deadline) => kv.range(range, deadline));
    return kvs.map(toEntry);
  }

  protected async apply(when: readonly Compare[], operations: readonly Operation[]): Promise<TransactResult> {
    const request = { compare: when.map(toCompare), success: operations.map(toRequest) };
    const { succeeded, header } = await this.#call(({ kv }, deadline) => kv.txn(request, deadline));
    return { done: succeeded, revision: toRevision(header.revision) };
  }

  async grantLease(ttlMs: number): Promise<Grant> {
    const request = { TTL: Math.ceil(ttlMs / 1000) };
    const { ID, TTL } = await this.#call(({ leaseClient }, deadline) => leaseClient.leaseGrant(request, deadline));
    return { id: ID, ttlMs: Number(TTL) * 1000 };
  }

  async keepLease({ id }: Grant, timeoutMs: number): Promise<void> {
    const { TTL } = await this.#call(async ({ leaseClient }, deadline) => {
      const stream = await leaseClient.leaseKeepAlive(deadline);
      return firstAnswer<Etcd.ILeaseKeepAliveRequest, Etcd.ILeaseKeepAliveResponse>(stream, { ID: id });
    }, timeoutMs);
    if (Number(TTL) === 0) throw new SheafError('LEASE_LOST', `The lease ${id} has expired in etcd`);
  }

  async revokeLease({ id }: Grant): Promise<void> {
    await this.#call(({ leaseClient }, deadline) => leaseClient.leaseRevoke({ ID: id }, deadline)).catch(ignoreLost);
  }

  watch(prefix: string, changed: () => void): Disposable {
    const range = { key: Buffer.from(prefix), range_end: rangeEnd(prefix) };
    const watch = new EtcdWatch(() => this.#open().watchClient.watch(), range, changed, this.config.storeRetryMs);
    this.#watches.add(watch);
    return {
      [Symbol.dispose]: () => {
        this.#watches.delete(watch);
        watch[Symbol.dispose]();
      },
    };
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    for (const client of this.#clients) client.close();
  }

  #open(): Etcd.Etcd3 {
    const client = this.#clients[this.#current];
    if (!client) throw new SheafError('USAGE', 'No etcd endpoint is given', { next: 'Pass --etcd host:port.' });
    return client;
  }

  /** A call that may be repeated: tried once at every endpoint. */
  async #read<Answer>(call: EtcdCall<Answer>): Promise<Answer> {
    for (let left = this.#clients.length - 1; left > 0; left--) {
      try {
        return await this.#call(call);
      } catch (thrown) {
        if (SheafError.from(thrown).code !== 'STORE_UNREACHABLE') throw thrown;
      }
    }
    return this.#call(call);
  }

  /** One call at the current endpoint, with a deadline of our own. After a failure the next one goes elsewhere. */
  async #call<Answer>(call: EtcdCall<Answer>, timeoutMs = this.config.storeTimeoutMs): Promise<Answer> {
    const used = this.#current;
    try {
      return await within(timeoutMs, call(this.#open(), { deadline: Date.now() + timeoutMs }));
    } catch (thrown) {
      const error = etcdError(this.#library, thrown, this.#endpoints);
      if (error.code === 'STORE_UNREACHABLE' && this.#current === used) {
        this.#current = (used + 1) % this.#clients.length;
      }
      throw error;
    }
  }
}

type EtcdCall<Answer> = (client: Etcd.Etcd3, options: CallOptions) => Promise<Answer>;
