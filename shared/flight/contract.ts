import type { ServerStream, Service } from '../rpc/contract.ts';
import { loadService } from '../rpc/proto.ts';

/** What we serve of Arrow Flight. The service's other methods answer UNIMPLEMENTED. */
export interface FlightContract {
  /** The responses are `FlightData` messages as bytes, framed by hand: see `frame.ts`. */
  readonly doGet: ServerStream<{ readonly ticket: Uint8Array }, Buffer>;
  readonly doAction: ServerStream<{ readonly type: string; readonly body: Uint8Array }, { readonly body: Uint8Array }>;
  readonly listActions: ServerStream<object, { readonly type: string; readonly description: string }>;
}

/** The action that answers who is there: how a coordinator probes the address that a worker names. */
export const pingAction = 'Ping';

/** The action that answers where a worker's exchange files lie, for processes that can open them: a `RootSign`. */
export const rootAction = 'Root';

let loaded: Service<FlightContract> | undefined;

/** `arrow.flight.protocol.FlightService`, read from `proto/Flight.proto` when first needed. */
export function flightContract(): Service<FlightContract> {
  loaded ??= loadService<FlightContract>('Flight', 'arrow.flight.protocol.FlightService', { doGet: 'response' });
  return loaded;
}
