import { SheafError } from '../errors.ts';
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
  readonly #stalled = new AbortController();
  readonly #stallMs: number | undefined;

  /** @param stallMs for how long at most the other end may take nothing; undefined: for ever */
  constructor(sink: MessageSink<Message>, signal: AbortSignal, messagesMax: number, stallMs?: number) {
    this.#sink = sink;
    this.#signal = stallMs === undefined ? signal : AbortSignal.any([signal, this.#stalled.signal]);
    this.#gate = new Gate(messagesMax);
    this.#stallMs = stallMs;
  }

  /**
   * Resolves when there is room for another message, not when this one has arrived.
   *
   * @throws the signal's reason once the call has ended; SheafError `DEADLINE` if the other end takes nothing
   */
  async send(message: Message): Promise<void> {
    const timer = this.#stallMs === undefined ? undefined : setTimeout(() => this.#stall(), this.#stallMs);
    await this.#gate.acquire(this.#signal).finally(() => clearTimeout(timer));
    // A failed write ends the call, and its status says why.
    this.#sink.write(message, () => this.#gate.release());
  }

  #stall(): void {
    const error = new SheafError('DEADLINE', `The reader of this stream took nothing for ${this.#stallMs} ms`, {
      retryable: true,
      next: 'Call again; what it holds is needed for others.',
    });
    this.#stalled.abort(error);
  }
}
