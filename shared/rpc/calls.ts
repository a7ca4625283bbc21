import type { Bidi, ClientStream, ServerStream, Unary } from './contract.ts';

/** Per call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: `rpcTimeoutMs` for calls with one response, none for streams. */
  readonly timeoutMs?: number | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Wait (within the timeout) for a server that is not there yet, in place of failing at once. */
  readonly waitForReady?: boolean | undefined;
}

/** Both directions of a bidirectional call. Iterate the responses once. */
export interface DuplexCall<Request, Response> extends AsyncIterable<Response> {
  /** Resolves when there is room for another. Throws once the call has ended. */
  send(request: Request): Promise<void>;
  /** No more requests. */
  end(): void;
  cancel(): void;
}

/** How a client calls a method of the contract. */
export type Method<M> =
  M extends Unary<infer Request, infer Response>
    ? (request: Request, options?: CallOptions) => Promise<Response>
    : M extends ServerStream<infer Request, infer Response>
      ? (request: Request, options?: CallOptions) => AsyncIterable<Response>
      : M extends ClientStream<infer Request, infer Response>
        ? (requests: AsyncIterable<Request>, options?: CallOptions) => Promise<Response>
        : M extends Bidi<infer Request, infer Response>
          ? (options?: CallOptions) => DuplexCall<Request, Response>
          : never;

/**
 * A service's methods as functions: promises for single responses, async iterables for streams. A server stream's call
 * starts when it is iterated and is cancelled when the loop is left. All throw `SheafError`: the server's own, or
 * `UNREACHABLE`, `DEADLINE`, `CANCELLED`, `UNAUTHENTICATED`, `QUOTA_EXCEEDED`, `VERSION_MISMATCH`.
 */
export type RpcClient<Contract> = { readonly [Name in keyof Contract]: Method<Contract[Name]> };
