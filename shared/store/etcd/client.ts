import type * as Etcd from 'etcd3';
import type { Config } from '../../config/config.ts';

/** How etcd is reached. */
export interface EtcdOptions {
  /** `host:port`, or `https://host:port` for TLS; all members of the one etcd cluster. At least one. */
  readonly endpoints: readonly string[];
  /** For TLS with own certificates, in PEM. */
  readonly credentials?: {
    readonly rootCertificate: Buffer;
    readonly privateKey?: Buffer;
    readonly certChain?: Buffer;
  };
  readonly auth?: { readonly username: string; readonly password: string };
  readonly config: Config;
}

/** etcd3's own retries would repeat writes that may have happened, and its circuit breaker would outlast an outage. */
const atOnce = { execute: async (run: (context: unknown) => unknown) => run({ signal: new AbortController().signal }) };

/** Options of the etcd client: one attempt for each call, since our own layer retries. */
export function clientOptions(endpoint: string, { credentials, auth, config }: EtcdOptions): Etcd.IOptions {
  return {
    hosts: endpoint,
    ...(credentials ? { credentials } : {}),
    ...(auth ? { auth } : {}),
    faultHandling: { global: atOnce, host: () => atOnce } as unknown as NonNullable<Etcd.IOptions['faultHandling']>,
    grpcOptions: {
      'grpc.max_receive_message_length': config.rpcMessageBytesMax,
      'grpc.keepalive_time_ms': config.rpcKeepaliveMs,
      'grpc.keepalive_timeout_ms': config.rpcKeepaliveTimeoutMs,
      'grpc.enable_http_proxy': 0,
    },
  };
}
