import type {
  Metadata,
  MethodDefinition,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import type { Config } from '../config/config.ts';
import { SheafError } from '../errors.ts';
import type { Bidi, ClientStream, ServerStream, Service, Unary } from './contract.ts';
import { toStatus } from './errors.ts';
import { Sender } from './sender.ts';

/** What a handler knows of the call that it serves. */
export interface CallContext {
  /**
   * Aborted when the caller cancels, its deadline passes, or the connection breaks. Handlers that wait must watch it.
   */
  readonly signal: AbortSignal;
  readonly metadata: Metadata;
  /** `host:port` of the caller. */
  readonly peer: string;
}

/** How a method is served. What it throws reaches the caller as a `SheafError`. */
export type Handler<Method> =
  Method extends Unary<infer Request, infer Response>
    ? (request: Request, call: CallContext) => Promise<Response> | Response
    : Method extends ServerStream<infer Request, infer Response>
      ? (request: Request, call: CallContext) => AsyncIterable<Response>
      : Method extends ClientStream<infer Request, infer Response>
        ? (requests: AsyncIterable<Request>, call: CallContext) => Promise<Response>
        : Method extends Bidi<infer Request, infer Response>
          ? (requests: AsyncIterable<Request>, call: CallContext) => AsyncIterable<Response>
          : never;

/** A handler for each method of a contract. */
export type Handlers<Contract> = { readonly [Name in keyof Contract]: Handler<Contract[Name]> };

/** A service with its handlers, for `startServer`. */
export interface Implementation {
  readonly service: Service<unknown>;
  readonly handlers: Readonly<Record<string, UntypedHandler>>;
}

type UntypedHandler = (request: unknown, call: CallContext) => unknown;

/** A service together with the handlers of all of its methods, as `startServer` takes it. */
export const implement = <Contract>(service: Service<Contract>, handlers: Handlers<Contract>): Implementation => ({
  service: service as Service<unknown>,
  handlers: handlers as Readonly<Record<string, UntypedHandler>>,
});

/** One handler in the form that grpc-js takes. */
export function adaptHandler(
  method: MethodDefinition<unknown, unknown>,
  handler: UntypedHandler,
  config: Config,
): UntypedHandleCall {
  if (method.responseStream) return (call: StreamingCall) => void respond(call, handler, config);
  return (call: SingleCall, done: sendUnaryData<unknown>) => void answer(call, handler, done, config);
}

type SingleCall = ServerUnaryCall<unknown, unknown> | ServerReadableStream<unknown, unknown>;
type StreamingCall = ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>;

async function answer(
  call: SingleCall,
  handler: UntypedHandler,
  done: sendUnaryData<unknown>,
  config: Config,
): Promise<void> {
  const context = contextOf(call);
  try {
    done(null, await handler(requestOf(call), context));
  } catch (thrown) {
    done(toStatus(thrown, config.rpcErrorBytesMax));
  }
}

async function respond(call: StreamingCall, handler: UntypedHandler, config: Config): Promise<void> {
  const context = contextOf(call);
  const sender = new Sender<unknown>(call, context.signal, config.rpcSendMessagesMax, config.rpcStallMs);
  try {
    const responses = handler(requestOf(call), context) as AsyncIterable<unknown>;
    for await (const response of responses) await sender.send(response);
    call.end();
  } catch (thrown) {
    // After a cancel nobody listens; otherwise the status follows the messages already written.
    if (!context.signal.aborted) call.emit('error', toStatus(thrown, config.rpcErrorBytesMax));
  }
}

function requestOf(call: SingleCall | StreamingCall): unknown {
  if ('request' in call) return call.request;
  return messagesOf(call);
}

/** Leaving the loop early must not destroy the call: its answer still goes out through it. */
async function* messagesOf(call: ServerReadableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>) {
  try {
    yield* call.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw callerGone(call.getPeer(), cause);
  }
}

function contextOf(call: Pick<SingleCall, 'getPeer' | 'metadata'> & NodeJS.EventEmitter): CallContext {
  const controller = new AbortController();
  const peer = call.getPeer();
  call.once('cancelled', () => controller.abort(callerGone(peer)));
  return { signal: controller.signal, metadata: call.metadata, peer };
}

const callerGone = (peer: string, cause?: unknown): SheafError =>
  new SheafError('CANCELLED', `The caller at ${peer} cancelled the call or went away`, { cause });
