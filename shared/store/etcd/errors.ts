import type * as Etcd from 'etcd3';
import { SheafError } from '../../errors.ts';

/** What etcd3 threw, in our words. Whatever is not known to be otherwise counts as a store that does not answer. */
export function etcdError(library: typeof Etcd, thrown: unknown, endpoints: readonly string[]): SheafError {
  if (thrown instanceof SheafError && thrown.code !== 'DEADLINE') return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof library.EtcdLeaseInvalidError) {
    return new SheafError('LEASE_LOST', 'The lease has expired in etcd', { cause: thrown });
  }
  if (isRefusal(library, thrown)) {
    return new SheafError('UNAUTHENTICATED', `etcd at ${endpoints.join(', ')} refuses us: ${text}`, {
      cause: thrown,
      next: 'Check the user and password given for etcd, and the role of that user.',
    });
  }
  return new SheafError('STORE_UNREACHABLE', `etcd at ${endpoints.join(', ')} does not answer: ${text}`, {
    cause: thrown,
    retryable: true,
    next: `Check that etcd runs and is healthy there: etcdctl --endpoints ${endpoints.join(',')} endpoint health`,
  });
}

const isRefusal = (library: typeof Etcd, thrown: unknown): boolean =>
  [
    library.GRPCUnauthenticatedError,
    library.EtcdAuthenticationFailedError,
    library.EtcdPermissionDeniedError,
    library.EtcdInvalidAuthTokenError,
  ].some((kind) => thrown instanceof kind);

/** For a lease that is to go: gone already is as good. */
export function ignoreLost(thrown: unknown): void {
  if (SheafError.from(thrown).code !== 'LEASE_LOST') throw thrown;
}
