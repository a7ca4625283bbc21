import { Gate } from './gate.ts';

/** What both ends' gRPC streams have in common for writing. */
interface MessageSink<Message> {
  write(message: Message, done: (error?: Error | null) => void): boolean;
}

/** Writes messages to a stream with few of them waiting: `write() === false` alone would buffer without end. */
export class Sender<Message> {
  readonly #sink: MessageSink<Message>;
  readonly #signal: AbortSignal;
  readonly #gate: Gate;

  constructor(sink: MessageSink<Message>, signal: AbortSignal, messagesMax: number) {
    this.#sink = sink;
    this.#signal = signal;
    this.#gate = new Gate(messagesMax);
  }

  /**
   * Resolves when there is room for another message, not when this one has arrived.
   *
   * @throws the signal's reason once the call has ended
   */
  async send(message: Message): Promise<void> {
    await this.#gate.acquire(this.#signal);
    // A failed write ends the call, and its status says why.
    this.#sink.write(message, () => this.#gate.release());
  }
}
