import type { Config } from '../config/config.ts';
import { SheafError } from '../errors.ts';
import type { RootSign } from '../exchange/root-sign.ts';
import { Gate } from '../rpc/gate.ts';
import { type Implementation, implement } from '../rpc/handlers.ts';
import { version } from '../version.ts';
import { ByteBudget } from './byte-budget.ts';
import { flightContract, pingAction, rootAction } from './contract.ts';
import { framesOf } from './pull.ts';
import { decodeTicket } from './read-ticket.ts';
import type { SegmentSource } from './source.ts';

/** Limits of a Flight service: what it serves at a time. */
export type FlightLimits = Pick<
  Config,
  'fetchPartsPerCallMax' | 'flightStreamsMax' | 'flightWaitingMax' | 'flightServeBytesMax'
>;

/**
 * Arrow Flight over a source of segments, for `startServer`.
 *
 * @param root where the source's files lie, if others may open them
 */
export function flightService(source: SegmentSource, limits: FlightLimits, root?: RootSign): Implementation {
  const door = new Door(limits);
  const budget = new ByteBudget(limits.flightServeBytesMax);
  const answers = new Map<string, object>([
    [pingAction, { version }],
    [rootAction, { root }],
  ]);
  return implement(flightContract(), {
    async *doGet({ ticket }, { signal }) {
      const wanted = decodeTicket(ticket, limits.fetchPartsPerCallMax);
      using _place = await door.enter(signal);
      yield* framesOf(wanted, { source, budget, signal });
    },
    async *doAction({ type }) {
      const answer = answers.get(type);
      if (answer === undefined) {
        throw new SheafError('NOT_SUPPORTED', `There is no action ${type.slice(0, 80)} here`, { next: 'Use Ping.' });
      }
      yield { body: Buffer.from(JSON.stringify(answer)) };
    },
    async *listActions() {
      yield { type: pingAction, description: 'Answers with the version: {"version":"…"}' };
      yield { type: rootAction, description: 'Answers with the folder of its files: {"root":{"root":"…","sign":"…"}}' };
    },
  });
}

/** Lets so many pulls in at a time; others wait, and beyond a number are turned away. */
class Door {
  readonly #places: Gate;
  readonly #insideMax: number;
  #inside = 0;

  constructor({ flightStreamsMax, flightWaitingMax }: FlightLimits) {
    this.#places = new Gate(flightStreamsMax);
    this.#insideMax = flightStreamsMax + flightWaitingMax;
  }

  async enter(signal: AbortSignal): Promise<Disposable> {
    if (this.#inside >= this.#insideMax) throw busy(this.#inside);
    this.#inside += 1;
    try {
      await this.#places.acquire(signal);
    } catch (error) {
      this.#inside -= 1;
      throw error;
    }
    return { [Symbol.dispose]: () => this.#leave() };
  }

  #leave(): void {
    this.#inside -= 1;
    this.#places.release();
  }
}

const busy = (pulls: number): SheafError =>
  new SheafError('QUOTA_EXCEEDED', `This server serves or holds ${pulls} pulls and takes no more`, {
    retryable: true,
    next: 'Try again later, or raise SHEAF_FLIGHT_STREAMS_MAX.',
  });
