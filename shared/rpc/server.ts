import { createServer } from 'node:net';
import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerOptions,
  setLogVerbosity,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Config } from '../config/config.ts';
import { SheafError } from '../errors.ts';
import { type Address, formatAddress, isLoopback, parseAddress } from './address.ts';
import { demandToken } from './authentication.ts';
import { adaptHandler, type Implementation } from './handlers.ts';

// grpc-js would write to stderr what our errors say better.
setLogVerbosity(logVerbosity.NONE);

/** What a server serves, where, and to whom. */
export interface ServerSettings {
  /** `host:port`; port 0 takes a free one. Default `127.0.0.1:0`. */
  readonly listen?: string | undefined;
  /** From `implement`. */
  readonly services: readonly Implementation[];
  /** If given, every call of every service must bear it. Beyond loopback it must be given. */
  readonly token?: string | undefined;
  readonly config: Config;
  /** The largest request; default `rpcMessageBytesMax`, which bounds responses too. */
  readonly requestBytesMax?: number | undefined;
}

/** A server that listens. */
export interface RunningServer {
  /** `host:port` that it is bound to. */
  readonly address: string;
  readonly port: number;
  /** Takes no new calls, lets open ones end for so long, then breaks them. */
  close(graceMs: number): Promise<void>;
}

/**
 * Starts a gRPC server.
 *
 * @throws SheafError `OPEN_WITHOUT_TOKEN`, `PORT_IN_USE`, or `USAGE` for an address that is not one of this machine
 */
export async function startServer(settings: ServerSettings): Promise<RunningServer> {
  const { listen, services, token, config } = settings;
  const wanted = parseAddress(listen ?? '127.0.0.1:0');
  if (token === undefined) await refuseOpenDoor(wanted);
  const server = new Server(serverOptions(settings));
  for (const { service, handlers } of services) {
    const adapted = Object.entries(service.definition).map(([name, method]) => [
      name,
      adaptHandler(method, handlers[name] ?? unserved(service.name, name), config),
    ]);
    server.addService(service.definition, Object.fromEntries(adapted) as UntypedServiceImplementation);
  }
  const port = await bind(server, wanted);
  return { address: formatAddress({ ...wanted, port }), port, close: (graceMs) => close(server, graceMs) };
}

async function refuseOpenDoor(wanted: Address): Promise<void> {
  if (await isLoopback(wanted.host)) return;
  throw new SheafError(
    'OPEN_WITHOUT_TOKEN',
    `Refusing to listen on ${formatAddress(wanted)} without a token: whoever can submit a job can run code here`,
    { next: 'Pass --token-file FILE (make one: openssl rand -hex 32 > FILE; chmod 600 FILE), or listen on 127.0.0.1.' },
  );
}

const unserved = (service: string, method: string) => () => {
  throw new SheafError('NOT_SUPPORTED', `${service}.${method} is not served here`, {
    next: 'Check the address: coordinators and workers serve different calls, and all processes must be of one version.',
  });
};

function serverOptions({ token, config, requestBytesMax }: ServerSettings): ServerOptions {
  return {
    'grpc.max_receive_message_length': requestBytesMax ?? config.rpcMessageBytesMax,
    'grpc.max_send_message_length': config.rpcMessageBytesMax,
    'grpc.max_concurrent_streams': config.rpcStreamsMax,
    'grpc.keepalive_time_ms': config.rpcKeepaliveMs,
    'grpc.keepalive_timeout_ms': config.rpcKeepaliveTimeoutMs,
    interceptors: token === undefined ? [] : [demandToken(token, config.rpcErrorBytesMax)],
  };
}

async function bind(server: Server, wanted: Address): Promise<number> {
  const bound = await new Promise<number | Error>((resolve) => {
    server.bindAsync(formatAddress(wanted), ServerCredentials.createInsecure(), (error, port) =>
      resolve(error ?? port),
    );
  });
  if (typeof bound === 'number') return bound;
  server.forceShutdown();
  throw refusedPort(wanted, await whyNotBound(wanted), bound);
}

/** grpc-js tells why only in its text; the operating system tells it as a code. */
function whyNotBound({ host, port }: Address): Promise<string> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve('EADDRINUSE')));
  });
}

function refusedPort(wanted: Address, reason: string, cause: Error): SheafError {
  const address = formatAddress(wanted);
  if (reason === 'EADDRINUSE') {
    return new SheafError('PORT_IN_USE', `Port ${wanted.port} on ${wanted.host} is in use by another process`, {
      cause,
      next: `Choose another with --listen, or find who has it: lsof -i :${wanted.port}`,
    });
  }
  const next =
    reason === 'EACCES'
      ? 'Ports under 1024 need privileges: choose a higher one.'
      : 'Use an address of this machine, for example 127.0.0.1, or 0.0.0.0 for all.';
  return new SheafError('USAGE', `Cannot listen on ${address} (${reason})`, { cause, next });
}

/**
 * grpc-js does not report the end of a session that it was destroying already, so the grace ends the wait in any case.
 */
async function close(server: Server, graceMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  server.forceShutdown();
}
