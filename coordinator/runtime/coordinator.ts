import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import { FlightClient } from '../../shared/flight/client.ts';
import { flightService } from '../../shared/flight/service.ts';
import { FileSource } from '../../shared/flight/source.ts';
import type { Logger } from '../../shared/log.ts';
import { type RunningServer, startServer } from '../../shared/rpc/server.ts';
import { Secrets } from '../../shared/secrets.ts';
import { campaign, type Leadership } from '../../shared/store/membership/election.ts';
import { followLeader } from '../../shared/store/membership/leader.ts';
import { watchMembers } from '../../shared/store/membership/membership.ts';
import { implementStore } from '../../shared/store/service.ts';
import type { Store } from '../../shared/store/store.ts';
import { controlImplementation } from '../services/control-service.ts';
import { jobsImplementation } from '../services/jobs-service.ts';
import { pipelinesImplementation } from '../services/pipelines-service.ts';
import { Leader } from './leader.ts';
import { notLeading } from './not-leading.ts';
import { Planning } from './planning/planning.ts';

/** What a coordinator is started with. */
export interface CoordinatorOptions {
  /** etcd, or a fresh embedded store. Closed at the end. */
  readonly store: Store;
  /** True for an embedded store: it is then served to this cluster's other processes. */
  readonly servesStore: boolean;
  readonly cluster: string;
  /** `host:port`. Default: a free port of 127.0.0.1. */
  readonly listen?: string | undefined;
  /** What clients and workers use to reach it, if that is another address. */
  readonly advertise?: string | undefined;
  /** A directory of this process alone. Removed at the end. */
  readonly dataDirectory: string;
  /**
   * What must outlive a coordinator: requests of jobs, function bundles, datasets of clients. Shared by the
   * coordinators of a cluster. Default: inside `dataDirectory`, so that jobs end with this process.
   */
  readonly blobDirectory?: string | undefined;
  readonly token?: string | undefined;
  /** A folder with the values of secrets, one file each. */
  readonly secretsFolder?: string | undefined;
  readonly config: Config;
  readonly log: Logger;
}

/** A coordinator as those who started it see it. */
export interface RunningCoordinator {
  /** `host:port` that clients and workers use. */
  readonly address: string;
  close(): Promise<void>;
}

/** A coordinator process: it serves its ports from the start, and has a `Leader` while it leads. */
export class Coordinator implements RunningCoordinator {
  readonly #options: CoordinatorOptions;
  readonly #planning: Planning;
  readonly #stop = new AbortController();
  #server: RunningServer | undefined;
  #leader: Leader | undefined;
  #knownLeader = '';
  #campaigning: Promise<void> = Promise.resolve();
  #following: Promise<void> = Promise.resolve();

  private constructor(options: CoordinatorOptions) {
    this.#options = options;
    const { config, dataDirectory, secretsFolder } = options;
    this.#planning = new Planning(config, join(dataDirectory, 'spill'), secretsFolder);
  }

  /** Returns when it listens; with a fresh embedded store it then leads as well. */
  static async start(options: CoordinatorOptions): Promise<Coordinator> {
    const coordinator = new Coordinator(options);
    try {
      await coordinator.#listen();
      const first = Promise.withResolvers<void>();
      coordinator.#campaigning = coordinator.#campaign(() => first.resolve());
      // Who stops before it ever led was not refused: nobody may be waiting for it to lead.
      coordinator.#campaigning.catch((thrown) => coordinator.#stop.signal.aborted || first.reject(thrown));
      coordinator.#following = coordinator.#follow();
      if (options.servesStore) await first.promise;
      return coordinator;
    } catch (failed) {
      await coordinator.close();
      throw failed;
    }
  }

  get address(): string {
    return this.#options.advertise ?? this.#server?.address ?? '';
  }

  async close(): Promise<void> {
    const { store, dataDirectory, config } = this.#options;
    this.#stop.abort(new SheafError('CANCELLED', 'The coordinator stops'));
    await Promise.allSettled([this.#campaigning, this.#following]); // They end by the abort.
    await this.#server?.close(config.shutdownGraceMs);
    await this.#planning[Symbol.asyncDispose]();
    await store.close();
    rmSync(dataDirectory, { recursive: true, force: true });
  }

  async #listen(): Promise<void> {
    const { cluster, store, servesStore, listen, token, config } = this.#options;
    const leader = () => this.#leading();
    const services = [
      jobsImplementation(leader, cluster),
      pipelinesImplementation(() => leader().pipelines),
      controlImplementation(() => controlDoor(leader())),
      flightService(new FileSource(join(homeOf(this.#options), 'spool'), config.exchangeIndexCacheMax), config),
      ...(servesStore ? [implementStore(store)] : []),
    ];
    this.#server = await startServer({ listen, services, token, config });
  }

  /** Keeps in mind who leads, for clients that ask here. */
  async #follow(): Promise<void> {
    const { store, cluster, config } = this.#options;
    const { signal } = this.#stop;
    for await (const leader of followLeader(store, cluster, { config, signal }))
      this.#knownLeader = leader?.address ?? '';
  }

  /** Leads again and again, until the process stops. */
  async #campaign(leads: () => void): Promise<void> {
    const { store, cluster, config, log } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const leadership = await campaign({ store, cluster, address: this.address, config, signal, log });
      await this.#lead(leadership, leads);
    }
  }

  async #lead(leadership: Leadership, leads: () => void): Promise<void> {
    const { cluster, blobDirectory, secretsFolder, config, log, token, store } = this.#options;
    using flight = new FlightClient({ token, config });
    const leader = new Leader({
      cluster,
      leadership,
      store,
      home: homeOf(this.#options),
      shared: blobDirectory !== undefined,
      planning: this.#planning,
      flight,
      secrets: new Secrets(secretsFolder),
      config,
      log: log.child({ epoch: leadership.epoch }),
    });
    const signal = AbortSignal.any([leadership.lost, this.#stop.signal]);
    try {
      await this.#takeOver(leader, signal);
      this.#leader = leader;
      leads();
      log.info({ address: this.address, epoch: leadership.epoch }, 'leading');
      for await (const { left } of watchMembers(store, cluster, { config, signal })) leader.loseWorkers(left);
    } finally {
      // It stops acting as leader first: resigning may take as long as the store does.
      this.#leader = undefined;
      leader[Symbol.dispose]();
      if (!this.#stop.signal.aborted)
        log.warn({ epoch: leadership.epoch, err: leadership.lost.reason }, 'leads no more');
      await leadership.resign();
    }
  }

  /** Nobody is served before the jobs of earlier leaders are known. A store that does not answer is waited for. */
  async #takeOver(leader: Leader, signal: AbortSignal): Promise<void> {
    const { config, log } = this.#options;
    while (!signal.aborted) {
      try {
        return await leader.takeOver();
      } catch (thrown) {
        log.warn({ err: SheafError.from(thrown) }, 'could not read the jobs; trying again');
        await pause(config.storeRetryMs, undefined, { signal }).catch(() => {}); // The loop sees why.
      }
    }
  }

  #leading(): Leader {
    if (this.#leader?.held) return this.#leader;
    throw notLeading(this.address, this.#knownLeader);
  }
}

/** Where blobs and datasets lie: several clusters may share a directory. */
export const homeOf = ({ blobDirectory, dataDirectory, cluster }: CoordinatorOptions): string =>
  blobDirectory === undefined ? dataDirectory : join(blobDirectory, encodeURIComponent(cluster));

const controlDoor = ({ door, blobs, permits }: Leader) => ({
  permit: permits.ask.bind(permits),
  join: door.join.bind(door),
  report: door.report.bind(door),
  leave: door.leave.bind(door),
  blob: (sha256: string) => blobs.get(sha256),
});
