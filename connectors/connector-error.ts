import { SheafError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import { redact, redactData } from '../shared/secrets.ts';

/** Which connector an error came from, and what it was doing. */
export interface ConnectorPlace {
  readonly use: 'source' | 'sink';
  readonly connector: string;
  /** The pieces that were being read. */
  readonly pieces?: readonly Json[];
  /** The sink's output. */
  readonly output?: string;
}

/** Of a task's pieces, as JSON. */
const piecesCharactersMax = 500;

/**
 * What a connector threw, with its name and place, without secrets. Its own code is kept; what is no `SheafError` came
 * from a driver or a network, and is worth another try.
 */
export function connectorError(thrown: unknown, place: ConnectorPlace): SheafError {
  const { use, connector, pieces, output } = place;
  const details = {
    connector,
    ...(pieces === undefined ? {} : { pieces: JSON.stringify(pieces).slice(0, piecesCharactersMax) }),
    ...(output === undefined ? {} : { output }),
  };
  if (thrown instanceof SheafError && thrown.details?.connector === connector) return thrown; // told already
  const error = thrown instanceof SheafError && thrown.code !== 'INTERNAL' ? thrown : foreign(thrown, use);
  const data = redactData(error.toData());
  const message = data.message.includes(connector) ? data.message : `${connector}: ${data.message}`;
  return new SheafError(data.code, message, { ...data, details: { ...data.details, ...redactData(details) } });
}

function foreign(thrown: unknown, use: ConnectorPlace['use']): SheafError {
  const { message, code } = (thrown instanceof Error ? thrown : new Error(String(thrown))) as NodeJS.ErrnoException;
  const text = [code, message].filter((part) => part !== undefined && part !== '').join(': ');
  return new SheafError(use === 'source' ? 'SOURCE_FAILED' : 'SINK_FAILED', redact(text) || 'it failed', {
    retryable: true,
    next: `Check that the ${use} answers and that its options are right.`,
    details: { stack: redact(thrown instanceof Error ? (thrown.stack ?? '') : '') },
  });
}
