import { randomBytes } from 'node:crypto';
import { type JobId, jobId } from '../../../shared/ids.ts';
import type { Logger } from '../../../shared/log.ts';
import type { Explanation, JobRequest } from '../../../shared/plan/job.ts';
import { bundlesOf, datasetsOf } from '../../../shared/plan/walk.ts';
import type { Schema } from '../../../shared/schema.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Listings } from '../../connectors/list-sources.ts';
import type { JobPlanner } from '../planning/job-planner.ts';
import type { ScannedFiles } from '../planning/planning-protocol.ts';
import type { SchedulerShell } from '../shell.ts';
import type { JobBook } from './job-book.ts';
import type { JobLedger } from './job-ledger.ts';
import { isOver } from './job-record.ts';
import type { JobStarts } from './job-starts.ts';

/** What {@link JobDesk} works with. */
export interface DeskParts {
  readonly book: JobBook;
  readonly catalog: Pick<Catalog, 'expand'>;
  readonly ledger: Pick<JobLedger, 'accept' | 'cancelling'>;
  readonly shell: SchedulerShell;
  readonly planner: JobPlanner;
  readonly starts: JobStarts;
  /** Aborted when this leader's time is over. */
  readonly over: AbortSignal;
  readonly slots: () => number;
  readonly log: Logger;
}

/** Of jobs that the coordinator itself submits. */
export interface SubmitOptions {
  /** Sources that were listed already: see `JobDesk.listSources`. */
  readonly listings?: Listings;
  /** No later leader goes on with it: whoever submitted it submits another one. */
  readonly transient?: boolean;
  /** The clients' datasets that it reads stay when it ends: they are another job's. */
  readonly borrows?: boolean;
}

/** The entrance for jobs: accepts, explains and cancels them. */
export class JobDesk {
  readonly #parts: DeskParts;
  /** Jobs whose records are being written. */
  readonly #accepting = new Map<JobId, Promise<void>>();

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /**
   * Accepts a job: when this resolves, another leader would go on with it. Planning begins at once; the same key again
   * is the same job.
   *
   * @throws SheafError `QUOTA_EXCEEDED`, `NOT_LEADER`
   */
  async submit(request: JobRequest, options: SubmitOptions = {}): Promise<JobId> {
    const known = request.key === undefined ? undefined : this.#parts.book.withKey(request.key);
    const id = known?.id ?? this.#accept({ ...request, plan: this.#parts.catalog.expand(request.plan) }, options);
    await this.#accepting.get(id);
    return id;
  }

  /** What would be done with a request. */
  async explain({ plan, priority }: JobRequest): Promise<Explanation> {
    const { catalog, planner, slots } = this.#parts;
    const options = { slots: slots(), priority, explain: true };
    const { staged, text = '' } = await planner.plan('job-explained', catalog.expand(plan), options);
    return { text, json: { stages: staged.stages, schema: staged.schema } };
  }

  /** Columns of a plan as it is, and what its scans read: nothing of the catalog is put into it. */
  async describe(plan: JobRequest['plan'], listings?: Listings): Promise<{ schema: Schema; files: ScannedFiles }> {
    const { planner, slots } = this.#parts;
    const { staged, files } = await planner.plan('job-described', plan, { slots: slots(), listings });
    return { schema: staged.schema, files };
  }

  /** Lists what a plan would extract now: handed on with `submit`, the job reads exactly this. */
  async listSources(plan: JobRequest['plan'], signal = this.#parts.over): Promise<Listings> {
    return await this.#parts.planner.list(plan, this.#parts.slots(), signal);
  }

  /** When this resolves, another leader would not go on with the job either. */
  async cancel(id: JobId, reason: string): Promise<void> {
    const { book, ledger, shell, planner, starts } = this.#parts;
    const { life } = book.get(id);
    if (isOver(life)) return;
    book.change(id, { life: { state: 'cancelling' } });
    planner.cancel(id, reason);
    if (life.state === 'planning') return await starts.end(id, { state: 'cancelled', endedMs: Date.now() });
    shell.post({ kind: 'cancelRequested', job: id, reason });
    await ledger.cancelling(id);
  }

  #accept(request: JobRequest, { listings, transient, borrows }: SubmitOptions): JobId {
    const { book, ledger, starts, log } = this.#parts;
    const { plan, name, key } = request;
    const id = jobId(`job-${randomBytes(5).toString('hex')}`);
    const facts = { id, name, submittedMs: Date.now(), ...(key === undefined ? {} : { key }) };
    const datasets = borrows ? [] : datasetsOf(plan);
    book.add({ ...facts, datasets, bundles: bundlesOf(plan), life: { state: 'planning' } });
    log.info({ job: id, name }, 'job submitted');
    const slots = this.#parts.slots();
    const destination = plan.kind === 'write' ? { destination: plan.path } : {};
    const saved = { ...facts, ...destination, slots, takeovers: 0, state: 'running' } as const;
    const accepting = transient ? Promise.resolve() : ledger.accept(saved, JSON.stringify(request));
    this.#accepting.set(id, accepting);
    void accepting.catch((thrown: unknown) => starts.refuse(id, thrown)).finally(() => this.#accepting.delete(id));
    void starts.run(id, request, slots, listings);
    return id;
  }
}
