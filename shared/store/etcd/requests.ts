import type { ICompare, IKeyValue, IRequestOp } from 'etcd3';
import { assert } from '../../errors.ts';
import type { Compare, Entry, Operation } from '../store.ts';

/** Between the store's words and etcd's protobuf messages, as the etcd3 package types them. */

export const toCompare = (compare: Compare): ICompare => ({
  key: Buffer.from(compare.key),
  result: 'Equal',
  ...('createRevision' in compare
    ? { target: 'Create', create_revision: compare.createRevision }
    : { target: 'Mod', mod_revision: compare.revision }),
});

/** An operation of a transaction, as etcd takes it. */
export const toRequest = (operation: Operation): IRequestOp => {
  const key = Buffer.from(operation.key);
  if (operation.kind === 'delete') return { request_delete_range: { key } };
  const lease = operation.lease ? { lease: operation.lease.id } : {};
  return { request_put: { key, value: Buffer.from(operation.value), ...lease } };
};

/** An entry of the store, from etcd's key and value. */
export const toEntry = ({ key, value, create_revision, mod_revision }: IKeyValue): Entry => ({
  key: key.toString('utf8'),
  value: value.toString('utf8'),
  createRevision: toRevision(create_revision),
  revision: toRevision(mod_revision),
});

/** 64-bit integers arrive as text. At a million writes a second 2^53 is 285 years away. */
export function toRevision(text: string): number {
  const revision = Number(text);
  assert(Number.isSafeInteger(revision), `the revision ${text} is past 2^53`);
  return revision;
}

/** The first key after all that begin with the prefix: its last byte plus one. Our prefixes are ASCII and not empty. */
export function rangeEnd(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  const last = end.at(-1);
  assert(last !== undefined && last < 0x7f, `"${prefix}" is no prefix to list`);
  end[end.length - 1] = last + 1;
  return end;
}
