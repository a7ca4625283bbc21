import {
  type ClientDuplexStream,
  type ClientReadableStream,
  InterceptingCall,
  type Interceptor,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import type { Gate } from './gate.ts';

/** Lets a call read ahead only so far as its gate permits: grpc-js alone would hold 16 messages, however large. */
export const readAheadWithin =
  (gate: Gate): Interceptor =>
  (options, nextCall) =>
    new PacedCall(nextCall(options), gate);

class PacedCall extends InterceptingCall {
  readonly #gate: Gate;

  constructor(call: ConstructorParameters<typeof InterceptingCall>[0], gate: Gate) {
    super(call);
    this.#gate = gate;
  }

  override startRead(): void {
    this.#gate.enter(() => super.startRead());
  }
}

type ReadableCall<Message> = ClientReadableStream<Message> | ClientDuplexStream<unknown, Message>;

/**
 * A call's messages. It ends normally only if the server said that it ended normally; a cut stream throws the status.
 * Create it in the same turn as the call: the status must not arrive unheard.
 */
export class Receiver<Message> {
  readonly #call: ReadableCall<Message>;
  readonly #gate: Gate;
  readonly #toError: (failed: StatusObject) => Error;
  readonly #outcome: Promise<StatusObject>;

  constructor(call: ReadableCall<Message>, gate: Gate, toError: (failed: StatusObject) => Error) {
    this.#call = call;
    this.#gate = gate;
    this.#toError = toError;
    this.#outcome = new Promise((resolve) => {
      call.on('status', resolve);
    });
    call.on('error', () => {}); // An emitter's error must have a listener; the status says the same.
  }

  /** Resolves with the call's end, whether it went well or not. */
  get ended(): Promise<StatusObject> {
    return this.#outcome;
  }

  async *messages(): AsyncGenerator<Message, void, undefined> {
    try {
      for await (const message of this.#read()) {
        this.#gate.release();
        yield message;
      }
      const outcome = await this.#outcome;
      if (outcome.code !== status.OK) throw this.#toError(outcome);
    } finally {
      this.#call.cancel(); // Of no effect on a call that has ended.
    }
  }

  async *#read(): AsyncGenerator<Message, void, undefined> {
    try {
      yield* this.#call.iterator({ destroyOnReturn: false }) as AsyncIterable<Message>;
    } catch (thrown) {
      const outcome = await this.#outcome;
      throw outcome.code === status.OK ? thrown : this.#toError(outcome);
    }
  }
}
