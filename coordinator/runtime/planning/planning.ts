import { extname } from 'node:path';
import { Piscina } from 'piscina';
import type { Config } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import type { PlanningReply, PlanningRequest } from './planning-protocol.ts';

/**
 * Plans jobs on a thread of its own: reading footers and asking DuckDB are blocking, and the coordinator's main thread
 * has leases to renew and workers to hear.
 */
export class Planning implements AsyncDisposable {
  readonly #pool: Piscina;
  readonly #config: Config;

  /**
   * @param tempDirectory where DuckDB may spill while it plans, and copies of parts of objects lie
   * @param secretsFolder of the values of secrets, with which objects are looked into
   */
  constructor(config: Config, tempDirectory: string, secretsFolder?: string) {
    this.#config = config;
    this.#pool = new Piscina({
      filename: new URL(`./planning-thread${extname(import.meta.url)}`, import.meta.url).href,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: 1,
      maxQueue: config.jobsActiveMax,
      idleTimeout: Number.POSITIVE_INFINITY,
      name: 'plan',
      workerData: { config, tempDirectory, secretsFolder },
    });
  }

  /** @throws SheafError as the planner says */
  async plan(request: PlanningRequest): Promise<Exclude<PlanningReply, { kind: 'refused' }>> {
    const bytes = JSON.stringify(request.plan).length;
    const { planBytesMax } = this.#config;
    if (bytes > planBytesMax) throw planTooLarge(request.plan, bytes, planBytesMax);
    const reply = (await this.#pool.run(request)) as PlanningReply;
    if (reply.kind === 'refused') throw SheafError.fromData(reply.error);
    return reply;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}

const planTooLarge = ({ kind }: PlanNode, bytes: number, bytesMax: number): SheafError =>
  new SheafError(
    'PLAN_INVALID',
    `The plan (a ${kind}) has ${bytes} bytes as JSON; the limit is ${bytesMax} (planBytesMax)`,
    {
      next: 'Name files by globs or directories in place of long lists; keep large literals in a dataset.',
    },
  );
