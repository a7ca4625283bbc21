import { existsSync } from 'node:fs';
import type { Config } from '../../shared/config/config.ts';
import { exchangePath } from '../../shared/exchange/paths.ts';
import { seesRoot } from '../../shared/exchange/root-sign.ts';
import type { FlightClient } from '../../shared/flight/client.ts';
import type { JobId } from '../../shared/ids.ts';
import type { ExchangePart } from '../../shared/stage/exchange-part.ts';

/** How neighbours are asked where their files are. */
export interface NeighboursOptions {
  readonly client: Pick<FlightClient, 'rootOf'>;
  readonly config: Pick<Config, 'fetchRootAskMs' | 'flightConnectionsMax'>;
}

/**
 * Workers whose exchange files this process can open itself: those of one machine, mostly. Their parts are read where
 * they lie, without a pull and without a spool. Each address is asked once where its files are.
 */
export class Neighbours {
  readonly #options: NeighboursOptions;
  /** By address: its folder if it is visible here. */
  readonly #roots = new Map<string, Promise<string | undefined>>();

  constructor(options: NeighboursOptions) {
    this.#options = options;
  }

  /** Where those of the parts lie that can be read in place. The others must be pulled. */
  async pathsOf(job: JobId, parts: readonly ExchangePart[]): Promise<ReadonlyMap<ExchangePart, string>> {
    if (this.#options.config.fetchRootAskMs === 0) return new Map();
    const addresses = [...new Set(parts.map(({ address }) => address))];
    const roots = new Map(await Promise.all(addresses.map(async (to) => [to, await this.#rootOf(to)] as const)));
    return new Map(
      parts.flatMap((part) => {
        const root = roots.get(part.address);
        const path = root && exchangePath(root, { kind: 'attempt', key: { job, ...part } });
        if (!path) return [];
        if (existsSync(path)) return [[part, path] as const];
        this.#roots.delete(part.address); // Another process may serve that address by now. A pull says what is wrong.
        return [];
      }),
    );
  }

  #rootOf(address: string): Promise<string | undefined> {
    const root = this.#roots.get(address) ?? this.#ask(address);
    this.#roots.delete(address); // To the end: the first is the one used longest ago.
    this.#roots.set(address, root);
    const [oldest] = this.#roots.keys();
    if (this.#roots.size > this.#options.config.flightConnectionsMax && oldest !== undefined)
      this.#roots.delete(oldest);
    return root;
  }

  async #ask(address: string): Promise<string | undefined> {
    const { client, config } = this.#options;
    try {
      const sign = await client.rootOf(address, { timeoutMs: config.fetchRootAskMs });
      return sign && seesRoot(sign) ? sign.root : undefined;
    } catch {
      this.#roots.delete(address); // Not there, or too busy: what follows is a pull, which says so, and the next fetch asks anew.
      return undefined;
    }
  }
}
