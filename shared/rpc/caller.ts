import {
  type Client,
  type ClientUnaryCall,
  type CallOptions as GrpcCallOptions,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import type { Config } from '../config/config.ts';
import { SheafError } from '../errors.ts';
import type { CallOptions, DuplexCall, RpcClient } from './calls.ts';
import type { Service } from './contract.ts';
import { fromStatus } from './errors.ts';
import { Gate } from './gate.ts';
import { Receiver, readAheadWithin } from './receiver.ts';
import { Sender } from './sender.ts';

type AnyMethod = MethodDefinition<unknown, unknown>;

/** What every call of a connection carries. */
export interface CallerOptions {
  readonly token?: string | undefined;
  readonly config: Config;
}

/** Makes calls of any method over one grpc-js client. */
export class Caller {
  readonly #client: Client;
  readonly #address: string;
  readonly #options: CallerOptions;

  constructor(client: Client, address: string, options: CallerOptions) {
    this.#client = client;
    this.#address = address;
    this.#options = options;
  }

  methodsOf<Contract>(service: Service<Contract>): RpcClient<Contract> {
    const methods = Object.entries(service.definition).map(([name, method]) => [name, this.#callable(method)]);
    return Object.fromEntries(methods) as RpcClient<Contract>;
  }

  #callable(method: AnyMethod): unknown {
    if (method.requestStream && method.responseStream) return (options?: CallOptions) => this.#bidi(method, options);
    if (method.responseStream) return (request: unknown, options?: CallOptions) => this.#pull(method, request, options);
    if (method.requestStream) {
      return (requests: AsyncIterable<unknown>, options?: CallOptions) => this.#push(method, requests, options);
    }
    return (request: unknown, options?: CallOptions) => this.#unary(method, request, options);
  }

  #unary({ path, requestSerialize, responseDeserialize }: AnyMethod, request: unknown, options: CallOptions = {}) {
    return new Promise<unknown>((resolve, reject) => {
      if (options.signal?.aborted) return reject(this.#abortError(options.signal));
      const call = this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata(options),
        this.#callOptions(options, this.#options.config.rpcTimeoutMs),
        (error, response) => (error ? reject(this.#toError(error, options.signal)) : resolve(response)),
      );
      cancelWith(call, options.signal);
    });
  }

  async #push(method: AnyMethod, requests: AsyncIterable<unknown>, options: CallOptions = {}): Promise<unknown> {
    if (options.signal?.aborted) throw this.#abortError(options.signal);
    const ended = new AbortController();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const call = this.#client.makeClientStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      this.#metadata(options),
      this.#callOptions(options, options.timeoutMs),
      (error, response) => {
        ended.abort();
        if (error) reject(this.#toError(error, options.signal));
        else resolve(response);
      },
    );
    cancelWith(call, options.signal);
    const sender = new Sender<unknown>(call, ended.signal, this.#options.config.rpcSendMessagesMax);
    void sendAll(requests, sender, call).catch((thrown: unknown) => {
      if (ended.signal.aborted) return; // The call's outcome says why it took no more.
      reject(thrown);
      call.cancel();
    });
    return promise;
  }

  async *#pull(method: AnyMethod, request: unknown, options: CallOptions = {}): AsyncGenerator<unknown> {
    if (options.signal?.aborted) throw this.#abortError(options.signal);
    const gate = new Gate(this.#options.config.rpcReceiveMessagesMax);
    const call = this.#client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      this.#metadata(options),
      this.#callOptions(options, options.timeoutMs, gate),
    );
    cancelWith(call, options.signal);
    yield* new Receiver(call, gate, (failed) => this.#toError(failed, options.signal)).messages();
  }

  #bidi(method: AnyMethod, options: CallOptions = {}): DuplexCall<unknown, unknown> {
    const { rpcReceiveMessagesMax, rpcSendMessagesMax } = this.#options.config;
    const gate = new Gate(rpcReceiveMessagesMax);
    const call = this.#client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      this.#metadata(options),
      this.#callOptions(options, options.timeoutMs, gate),
    );
    cancelWith(call, options.signal);
    const receiver = new Receiver(call, gate, (failed) => this.#toError(failed, options.signal));
    const ended = new AbortController();
    void receiver.ended.then((outcome) => {
      const over = new SheafError('CANCELLED', `The call to ${this.#address} has ended`);
      ended.abort(outcome.code === status.OK ? over : this.#toError(outcome, options.signal));
    });
    const sender = new Sender<unknown>(call, ended.signal, rpcSendMessagesMax);
    return {
      send: (message) => sender.send(message),
      end: () => call.end(),
      cancel: () => call.cancel(),
      [Symbol.asyncIterator]: () => receiver.messages(),
    };
  }

  #metadata({ metadata = {}, waitForReady = false }: CallOptions): Metadata {
    const all = new Metadata({ waitForReady });
    if (this.#options.token !== undefined) all.set('authorization', `Bearer ${this.#options.token}`);
    for (const [key, value] of Object.entries(metadata)) all.set(key, value);
    return all;
  }

  #callOptions({ timeoutMs }: CallOptions, defaultMs: number | undefined, gate?: Gate): GrpcCallOptions {
    const lastsMs = timeoutMs ?? defaultMs;
    return {
      ...(lastsMs === undefined ? {} : { deadline: Date.now() + lastsMs }),
      ...(gate ? { interceptors: [readAheadWithin(gate)] } : {}),
    };
  }

  #toError(failed: ServiceError | StatusObject, signal?: AbortSignal): SheafError {
    return signal?.aborted ? this.#abortError(signal) : fromStatus(failed, this.#address);
  }

  #abortError({ reason }: AbortSignal): SheafError {
    if (reason instanceof SheafError) return reason;
    return new SheafError('CANCELLED', `The call to ${this.#address} was cancelled`, { cause: reason });
  }
}

function cancelWith(call: ClientUnaryCall, signal: AbortSignal | undefined): void {
  if (!signal) return;
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  call.once('status', () => signal.removeEventListener('abort', cancel));
  if (signal.aborted) cancel();
}

/** When the call ends before all is sent, sending throws, which closes the source. */
async function sendAll(
  requests: AsyncIterable<unknown>,
  sender: Sender<unknown>,
  call: { end(): void },
): Promise<void> {
  for await (const request of requests) await sender.send(request);
  call.end();
}
