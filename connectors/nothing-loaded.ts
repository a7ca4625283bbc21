import { SheafError } from '../shared/errors.ts';

/**
 * Stands in the details of an error of `SinkConnector.commit`: the ledger was looked at, and this output of the run is
 * not loaded.
 */
export const nothingLoaded = 'nothingLoaded';

/**
 * Marks what a target refused in a transaction that had found no entry of the run. What may pass is tried again anyhow;
 * and a connection that was lost (an error that has no SQLSTATE of the server) may have been lost after the commit.
 */
export function refusedInTransaction(thrown: unknown): unknown {
  if (!(thrown instanceof SheafError) || thrown.code === 'NOT_LEADER') return thrown;
  const { code, message, cause, details } = thrown;
  if (thrown.retryable || details?.sqlstate === null) return thrown;
  return new SheafError(code, message, { ...thrown.toData(), cause, details: { ...details, [nothingLoaded]: true } });
}
