import type { Config } from '../config/config.ts';
import { type Connection, connectTo } from '../rpc/client.ts';

interface Kept {
  readonly connection: Connection;
  users: number;
}

/**
 * One bulk connection per address, shared by all pulls from there; beyond a number, those unused longest are closed.
 */
export class Connections implements Disposable {
  readonly #open: (address: string) => Connection;
  readonly #max: number;
  readonly #kept = new Map<string, Kept>();

  constructor(config: Config, token?: string) {
    this.#max = config.flightConnectionsMax;
    const bulk = {
      ...config,
      rpcMessageBytesMax: config.exchangeRowBytesMax + messageOverheadBytes,
      rpcReceiveMessagesMax: Math.max(1, Math.floor(config.fetchReaderBytesMax / config.exchangeMessageBytesMax)),
    };
    this.#open = (address) => connectTo(address, { config: bulk, bulk: true, token });
  }

  /** The connection to an address, for a scope. */
  use(address: string): { readonly connection: Connection } & Disposable {
    const kept = this.#kept.get(address) ?? { connection: this.#open(address), users: 0 };
    this.#kept.delete(address); // To the end: the first is the one used longest ago.
    this.#kept.set(address, kept);
    kept.users += 1;
    this.#trim();
    return {
      connection: kept.connection,
      [Symbol.dispose]: () => {
        kept.users -= 1;
      },
    };
  }

  [Symbol.dispose](): void {
    for (const { connection } of this.#kept.values()) connection.close();
    this.#kept.clear();
  }

  #trim(): void {
    for (const [address, { connection, users }] of this.#kept) {
      if (this.#kept.size <= this.#max) return;
      if (users > 0) continue;
      connection.close();
      this.#kept.delete(address);
    }
  }
}

/** Room in a gRPC message for what stands around a segment's bytes. */
export const messageOverheadBytes = 64 * 1024;
