import type { ServerStream, Unary } from '../rpc/contract.ts';
import { loadService } from '../rpc/proto.ts';
import type { Entry, TransactResult } from './store.ts';

type Nothing = Record<string, never>;

/** `proto/store.proto`. */
export interface StoreContract {
  readonly get: Unary<{ key: string }, EntriesMessage>;
  readonly list: Unary<{ prefix: string }, EntriesMessage>;
  readonly transact: Unary<TransactionMessage, TransactResult>;
  readonly grantLease: Unary<{ ttlMs: number }, GrantMessage>;
  readonly keepLease: Unary<GrantMessage, Nothing>;
  readonly revokeLease: Unary<GrantMessage, Nothing>;
  readonly watch: ServerStream<{ prefix: string }, Nothing>;
}

/** Entries on the wire. */
export interface EntriesMessage {
  readonly entries: readonly Entry[];
}

/** A transaction on the wire. */
export interface TransactionMessage {
  readonly when: readonly CompareMessage[];
  readonly operations: readonly OperationMessage[];
}

/** `target` names the field that is set; the other has its default. */
export interface CompareMessage {
  readonly key: string;
  readonly target?: 'revision' | 'createRevision';
  readonly revision?: number;
  readonly createRevision?: number;
}

/** One write of a transaction on the wire: `put` or `delete` is set. */
export interface OperationMessage {
  readonly key: string;
  readonly put?: { readonly value: string; readonly lease: string } | null;
  readonly delete?: Nothing | null;
}

/** A lease that was granted. */
export interface GrantMessage {
  readonly lease: string;
  readonly ttlMs: number;
}

/** The service of `proto/store.proto`, for servers and clients. */
export const loadStoreService = () => loadService<StoreContract>('store', 'sheaf.v1.Store');
