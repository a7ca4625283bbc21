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

export interface EntriesMessage {
  readonly entries: readonly Entry[];
}

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

export interface OperationMessage {
  readonly key: string;
  readonly put?: { readonly value: string; readonly lease: string } | null;
  readonly delete?: Nothing | null;
}

export interface GrantMessage {
  readonly lease: string;
  readonly ttlMs: number;
}

export const loadStoreService = () => loadService<StoreContract>('store', 'sheaf.v1.Store');
