import { monotonicMs } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { assert, SheafError } from '../errors.ts';
import type { Grant } from './membership/lease.ts';
import { type Compare, type Entry, type Operation, Store, type TransactResult } from './store.ts';

interface EmbeddedLease {
  readonly ttlMs: number;
  readonly keys: Set<string>;
  expiresAtMs: number;
  timer: NodeJS.Timeout;
}

/** The store of a cluster without etcd: in the memory of its one coordinator. Same behaviour as etcd, as tests hold. */
export class EmbeddedStore extends Store {
  readonly #entries = new Map<string, Entry>();
  readonly #leases = new Map<string, EmbeddedLease>();
  /** Which lease a key is under. */
  readonly #leaseOf = new Map<string, string>();
  readonly #watches = new Set<{ readonly prefix: string; readonly changed: () => void }>();
  #revision = 1;
  #leasesGranted = 0;

  constructor(config: Config) {
    super(config);
  }

  async get(key: string): Promise<Entry | undefined> {
    return this.#entries.get(key);
  }

  async list(prefix: string): Promise<readonly Entry[]> {
    return [...this.#entries.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  }

  protected async apply(when: readonly Compare[], operations: readonly Operation[]): Promise<TransactResult> {
    const keys = operations.map(({ key }) => key);
    assert(new Set(keys).size === keys.length, `a transaction writes one of ${keys} twice`);
    if (!when.every((compare) => this.#holds(compare))) return { done: false, revision: this.#revision };
    const leases = operations.flatMap((operation) =>
      operation.kind === 'put' && operation.lease ? [operation.lease] : [],
    );
    for (const { id } of leases) this.#leaseNamed(id);
    this.#write(operations);
    return { done: true, revision: this.#revision };
  }

  async grantLease(ttlMs: number): Promise<Grant> {
    this.#leasesGranted += 1;
    const id = String(this.#leasesGranted);
    const timer = setTimeout(() => this.#expire(id), ttlMs).unref();
    this.#leases.set(id, { ttlMs, keys: new Set(), expiresAtMs: monotonicMs() + ttlMs, timer });
    return { id, ttlMs };
  }

  async keepLease({ id }: Grant): Promise<void> {
    const lease = this.#leaseNamed(id);
    lease.expiresAtMs = monotonicMs() + lease.ttlMs;
  }

  async revokeLease({ id }: Grant): Promise<void> {
    const lease = this.#leases.get(id);
    if (lease) this.#drop(id, lease);
  }

  watch(prefix: string, changed: () => void): Disposable {
    const watch = { prefix, changed };
    this.#watches.add(watch);
    queueMicrotask(() => this.#watches.has(watch) && changed());
    return { [Symbol.dispose]: () => void this.#watches.delete(watch) };
  }

  async close(): Promise<void> {
    this.#watches.clear();
    for (const { timer } of this.#leases.values()) clearTimeout(timer);
  }

  /** Called after each change: with what was written but for what is under a lease, and with what is there no more. */
  protected changed(_entries: readonly Entry[], _deleted: readonly string[]): void {}

  /** Fills a fresh store. */
  protected restore(entries: readonly Entry[], revision: number): void {
    for (const entry of entries) this.#entries.set(entry.key, entry);
    this.#revision = revision;
  }

  #holds(compare: Compare): boolean {
    const entry = this.#entries.get(compare.key);
    if ('createRevision' in compare) return (entry?.createRevision ?? 0) === compare.createRevision;
    return (entry?.revision ?? 0) === compare.revision;
  }

  /** The lease, unless its time has passed: a late timer must not prolong its life. */
  #leaseNamed(id: string): EmbeddedLease {
    const lease = this.#leases.get(id);
    if (lease && monotonicMs() < lease.expiresAtMs) return lease;
    throw new SheafError('LEASE_LOST', `The lease ${id} has expired`);
  }

  #expire(id: string): void {
    const lease = this.#leases.get(id);
    if (!lease) return;
    const remainingMs = lease.expiresAtMs - monotonicMs();
    if (remainingMs > 0) lease.timer = setTimeout(() => this.#expire(id), Math.ceil(remainingMs)).unref();
    else this.#drop(id, lease);
  }

  #drop(id: string, lease: EmbeddedLease): void {
    clearTimeout(lease.timer);
    this.#leases.delete(id);
    this.#write([...lease.keys].map((key) => ({ kind: 'delete', key })));
  }

  /** All under one new revision, as in etcd. */
  #write(operations: readonly Operation[]): void {
    const changing = operations.filter(({ kind, key }) => kind === 'put' || this.#entries.has(key));
    if (changing.length === 0) return;
    this.#revision += 1;
    for (const operation of changing) this.#writeOne(operation);
    this.#tell(changing);
    const changed = [...this.#watches].filter(({ prefix }) => changing.some(({ key }) => key.startsWith(prefix)));
    queueMicrotask(() => {
      for (const watch of changed) if (this.#watches.has(watch)) watch.changed();
    });
  }

  #tell(operations: readonly Operation[]): void {
    const lasting = operations.flatMap(({ key }) => (this.#leaseOf.has(key) ? [] : (this.#entries.get(key) ?? [])));
    const gone = operations.filter(({ key }) => !this.#entries.has(key) || this.#leaseOf.has(key));
    this.changed(
      lasting,
      gone.map(({ key }) => key),
    );
  }

  #writeOne(operation: Operation): void {
    const { key } = operation;
    this.#leases.get(this.#leaseOf.get(key) ?? '')?.keys.delete(key);
    this.#leaseOf.delete(key);
    if (operation.kind === 'delete') {
      this.#entries.delete(key);
      return;
    }
    const createRevision = this.#entries.get(key)?.createRevision ?? this.#revision;
    this.#entries.set(key, { key, value: operation.value, createRevision, revision: this.#revision });
    if (!operation.lease) return;
    this.#leases.get(operation.lease.id)?.keys.add(key);
    this.#leaseOf.set(key, operation.lease.id);
  }
}
