import { Client, type ClientOptions, credentials } from '@grpc/grpc-js';
import { Caller, type CallerOptions } from './caller.ts';
import type { RpcClient } from './calls.ts';
import type { Service } from './contract.ts';

export type { CallOptions, DuplexCall, Method, RpcClient } from './calls.ts';

/** How a connection is made. */
export interface ConnectionOptions extends CallerOptions {
  /** For bulk data: a large flow-control window. Default false. */
  readonly bulk?: boolean;
}

/** One HTTP/2 connection, made when first used and again when it breaks. */
export interface Connection extends Disposable {
  readonly address: string;
  client<Contract>(service: Service<Contract>): RpcClient<Contract>;
  close(): void;
}

/** @param address `host:port` */
export function connectTo(address: string, options: ConnectionOptions): Connection {
  const client = new Client(address, credentials.createInsecure(), channelOptions(options));
  const caller = new Caller(client, address, options);
  const close = () => client.close();
  return { address, client: (service) => caller.methodsOf(service), close, [Symbol.dispose]: close };
}

function channelOptions({ config, bulk }: ConnectionOptions): ClientOptions {
  return {
    'grpc.max_receive_message_length': config.rpcMessageBytesMax,
    'grpc.max_send_message_length': config.rpcMessageBytesMax,
    'grpc.keepalive_time_ms': config.rpcKeepaliveMs,
    'grpc.keepalive_timeout_ms': config.rpcKeepaliveTimeoutMs,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.initial_reconnect_backoff_ms': Math.ceil(config.rpcReconnectMs / 10),
    'grpc.max_reconnect_backoff_ms': config.rpcReconnectMs,
    'grpc.use_local_subchannel_pool': 1, // Its own connection: bulk data shares none with control messages.
    'grpc.enable_http_proxy': 0, // Proxies in the environment are for the web, not for a cluster's own traffic.
    'grpc.enable_retries': 1, // Only transparent ones: of calls that no server has begun. All others are ours to decide.
    'grpc.service_config_disable_resolution': 1,
    ...(bulk ? { 'grpc-node.flow_control_window': config.rpcWindowBytes } : {}),
  };
}
