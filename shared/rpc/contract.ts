import type { ServiceDefinition } from '@grpc/grpc-js';

/**
 * A service's types beside its `.proto`: an interface that names each method's kind and messages.
 *
 * ```ts
 * interface Greeter { greet: Unary<{ name: string }, { text: string }>; count: ServerStream<{ to: number }, { n: number }> }
 * ```
 *
 * Message fields are camelCase, 64-bit integers are numbers (ours stay under 2^53), enums are their names, bytes are
 * Buffers, absent messages are null, and a oneof has a field of its name that says which one is set.
 */
export interface Unary<Request, Response> {
  readonly kind: 'unary';
  readonly request: Request;
  readonly response: Response;
}
/** A call with one request and a stream of answers. */
export interface ServerStream<Request, Response> {
  readonly kind: 'serverStream';
  readonly request: Request;
  readonly response: Response;
}
/** A call with a stream of requests and one answer. */
export interface ClientStream<Request, Response> {
  readonly kind: 'clientStream';
  readonly request: Request;
  readonly response: Response;
}
/** A call with streams both ways. */
export interface Bidi<Request, Response> {
  readonly kind: 'bidi';
  readonly request: Request;
  readonly response: Response;
}

declare const contract: unique symbol;

/** A loaded service: what goes over the wire, and, for the compiler, its contract. */
export interface Service<Contract> {
  /** Fully qualified, for example `sheaf.store.Store`. */
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly [contract]?: Contract;
}
