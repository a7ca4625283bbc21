import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { SheafError } from '../errors.ts';

/** Where a service listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`, `[v6]:port`, or a port alone (on loopback).
 *
 * @throws SheafError `USAGE` naming the text
 */
export function parseAddress(text: string): Address {
  const match = /^(?:(?:\[([^\]]+)\]|([^:\s]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new SheafError('USAGE', `"${text}" is not an address`, {
      next: 'Write host:port, for example 127.0.0.1:7400.',
    });
  }
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port };
}

/** `host:port`, with brackets around an IPv6 host. */
export const formatAddress = ({ host, port }: Address): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;

/**
 * Whether all addresses of a host are this machine's own loopback, that is, unreachable from elsewhere.
 *
 * @throws SheafError `USAGE` if the name has no address
 */
export async function isLoopback(host: string): Promise<boolean> {
  const found = await lookup(host, { all: true }).catch((cause: unknown) => {
    throw new SheafError('USAGE', `The host "${host}" is not known here`, { cause, next: 'Check its spelling.' });
  });
  return found.every(({ address }) => /^(127\.|::1$|::ffff:127\.)/i.test(address));
}
