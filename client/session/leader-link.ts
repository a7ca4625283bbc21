import type { JobsContract } from '../../shared/contracts/jobs.ts';
import type { PipelinesContract } from '../../shared/contracts/pipelines.ts';
import type { RpcClient } from '../../shared/rpc/client.ts';
import { awaitLeader, findLeader, type LeaderConnection, type Way } from './find-leader.ts';

/** The way to whichever coordinator leads, over its changes. */
export class LeaderLink implements Disposable {
  /** Calls go to the leader found last. */
  readonly jobs: RpcClient<JobsContract>;
  readonly pipelines: RpcClient<PipelinesContract>;
  readonly #way: Way;
  /** All coordinators that are known: the given ones, and those that led. */
  readonly #addresses: Set<string>;
  #current: LeaderConnection;
  #seeking: Promise<void> | undefined;

  private constructor(current: LeaderConnection, addresses: readonly string[], way: Way) {
    this.#current = current;
    this.#addresses = new Set([...addresses, current.address]);
    this.#way = way;
    this.jobs = this.#calls('jobs');
    this.pipelines = this.#calls('pipelines');
  }

  /** @param addresses `host:port` of one coordinator, or of several with commas between */
  static async open(addresses: string, way: Way): Promise<LeaderLink> {
    const given = addresses.split(',').map((address) => address.trim());
    return new LeaderLink(await awaitLeader(given, way), given, way);
  }

  get address(): string {
    return this.#current.address;
  }

  /**
   * Looks for the leader again; concurrent callers share one search. The one that led last is asked last: it was lost.
   *
   * @throws SheafError as `findLeader`
   */
  seek(): Promise<void> {
    this.#seeking ??= this.#seek().finally(() => {
      this.#seeking = undefined;
    });
    return this.#seeking;
  }

  #calls<Service extends 'jobs' | 'pipelines'>(service: Service): LeaderConnection[Service] {
    const target = {} as LeaderConnection[Service];
    return new Proxy(target, { get: (_, name) => Reflect.get(this.#current[service], name) as unknown });
  }

  async #seek(): Promise<void> {
    const { address, connection } = this.#current;
    const others = [...this.#addresses].filter((known) => known !== address);
    this.#current = await findLeader([...others, address], this.#way);
    this.#addresses.add(this.#current.address);
    connection.close();
  }

  [Symbol.dispose](): void {
    this.#current.connection.close();
  }
}
