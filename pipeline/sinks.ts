import type { PostgresSinkOptions } from '../connectors/postgres/options.ts';
import type { Json } from '../shared/json.ts';
import { secret } from './references.ts';
import { connectorSink, type Sink } from './sink.ts';
import type { WithReferences } from './with-references.ts';

type Rest<T> = WithReferences<Partial<Omit<T, 'table' | 'mode' | 'key'>>>;

/** Of a sink that rows are added to, or whose rows they replace. */
interface Plain {
  readonly mode?: 'append' | 'replace';
}

/** Of a sink whose rows are told apart by a key: a row of the same key is replaced. */
interface Merge<Key extends string> {
  readonly mode: 'merge';
  readonly key: readonly [Key, ...Key[]];
}

function postgres(table: string, options?: Plain & Rest<PostgresSinkOptions>): Sink<never>;
function postgres<const Key extends string>(table: string, options: Merge<Key> & Rest<PostgresSinkOptions>): Sink<Key>;
function postgres(table: string, { mode = 'append', ...options }: Partial<Merge<string> | Plain> = {}): Sink<never> {
  const connection = secret('POSTGRES_URL');
  return connectorSink('postgres', { connection, table, mode, ...options } as unknown as Json);
}

/** Where rows go. */
export const sink = {
  /**
   * A table of PostgreSQL, made if it is not there. Rows and the record that this run loaded them appear in one
   * transaction: loading twice is impossible. The connection is the secret POSTGRES_URL unless another is given.
   *
   * @example `sink.postgres('requests', { mode: 'merge', key: ['request_id'] })`
   */
  postgres,
} as const;
