import type { Config } from '../config/config.ts';
import type { RootSign } from '../exchange/root-sign.ts';
import { type RunningServer, startServer } from '../rpc/server.ts';
import { messageOverheadBytes } from './connections.ts';
import { flightService } from './service.ts';
import type { SegmentSource } from './source.ts';

/** What a Flight server serves, and where. */
export interface FlightServerOptions {
  readonly source: SegmentSource;
  /** Where the source's files lie, if others may open them. */
  readonly root?: RootSign | undefined;
  /** `host:port`; default a free port on loopback. */
  readonly listen?: string | undefined;
  readonly token?: string | undefined;
  readonly config: Config;
}

/**
 * Starts a Flight service on a port of its own, with the limits of bulk data: small requests, large responses, one
 * message on its way to a reader while the next is read, and no reader that stalls for ever.
 *
 * @throws SheafError as `startServer` does
 */
export function startFlightServer({
  source,
  root,
  listen,
  token,
  config,
}: FlightServerOptions): Promise<RunningServer> {
  const bulk = {
    ...config,
    rpcMessageBytesMax: config.exchangeRowBytesMax + messageOverheadBytes,
    rpcSendMessagesMax: 1,
    rpcStallMs: config.flightStallMs,
  };
  const requestBytesMax = config.flightTicketBytesMax;
  return startServer({ services: [flightService(source, bulk, root)], listen, token, config: bulk, requestBytesMax });
}
