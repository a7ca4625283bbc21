/** A leader's pipelines without a cluster: real records in a store, real machine and runner, jobs that only pretend. */
import { randomBytes } from 'node:crypto';
import type { SinkConnector } from '../../../connectors/contract.ts';
import type { LoadEngine, OpenLoad } from '../../../coordinator/pipelines/jobs/engine.ts';
import { Pipelines } from '../../../coordinator/pipelines/pipelines.ts';
import type { Point } from '../../../coordinator/pipelines/runs/attempt.ts';
import { BlobDirectory, blobName } from '../../../coordinator/runtime/blobs.ts';
import type { Compile } from '../../../pipeline/compile/compiled.ts';
import type { OutputDocument, PipelineDocument } from '../../../pipeline/records/document.ts';
import type { RunInfo, RunRecord } from '../../../pipeline/records/run.ts';
import { loadConfig, type SettingName } from '../../../shared/config/config.ts';
import { SheafError } from '../../../shared/errors.ts';
import { type JobId, jobId } from '../../../shared/ids.ts';
import type { Json } from '../../../shared/json.ts';
import { createLogger } from '../../../shared/log.ts';
import type { LoadNode, LoadReceipt } from '../../../shared/plan/nodes/load.ts';
import { Secrets } from '../../../shared/secrets.ts';
import type { TaskReceipt } from '../../../shared/stage/load-step.ts';
import { keysOf } from '../../../shared/store/keys.ts';
import type { Store } from '../../../shared/store/store.ts';

/** A target in memory, with staging and a ledger, as a database has them. It outlives leaders. */
export class MemoryTarget {
  readonly rows: string[] = [];
  readonly ledger = new Map<string, Json>();
  readonly staged = new Map<string, string[]>();
  readonly prepared: string[] = [];
  /** Thrown by the next calls of this kind, one each. */
  readonly faults: { readonly call: 'prepare' | 'commit' | 'clean'; readonly error: Error; readonly after?: true }[] =
    [];
  commits = 0;

  /** As `connectors/contract.ts` says it. */
  connector(): SinkConnector {
    return {
      parse: (options) => options,
      prepare: async (_, { run }) => {
        this.#fault('prepare');
        this.prepared.push(run);
        return { for: run };
      },
      write: () => Promise.reject(new Error('tasks are not run here')),
      commit: async (_, receipts, { run, output, cursors, mustLead }) => {
        this.commits += 1;
        this.#fault('commit');
        const entry = `${run}/${output}`;
        await new Promise((done) => setImmediate(done)); // As if it spoke with a server.
        mustLead();
        const already = this.ledger.has(entry);
        if (!already) {
          for (const { detail } of receipts)
            this.rows.push(...(this.staged.get(String(detail)) ?? []).map((row) => `${output}: ${row}`));
          this.ledger.set(entry, cursors);
        }
        this.#fault('commit', true);
        return { rows: this.rows.length, bytes: 0, already, detail: { table: output } };
      },
      clean: async (_, { run }) => {
        this.#fault('clean');
        for (const name of this.staged.keys()) if (name.startsWith(`${run}/`)) this.staged.delete(name);
      },
    };
  }

  #fault(call: 'prepare' | 'commit' | 'clean', after?: true): void {
    const at = this.faults.findIndex((fault) => fault.call === call && fault.after === after);
    if (at < 0) return;
    const [fault] = this.faults.splice(at, 1);
    throw fault?.error;
  }
}

/** A source of numbered rows: what came since the cursor, up to what there is. It outlives leaders. */
export class MemorySource {
  there = 0;
  /** Thrown by the next jobs, one each. */
  readonly faults: Error[] = [];
}

/** Jobs whose tasks stage the source's new rows, under the attempt's name. */
class PretendedJobs implements LoadEngine {
  readonly #source: MemorySource;
  readonly #target: MemoryTarget;
  readonly #jobs = new Map<JobId, { readonly key: string; readonly plan: LoadNode }>();
  readonly cancelled = new Set<string>();

  constructor(source: MemorySource, target: MemoryTarget) {
    this.#source = source;
    this.#target = target;
  }

  async open(plan: LoadNode, _signal: AbortSignal): Promise<OpenLoad> {
    const { there } = this.#source;
    return {
      sources: { numbers: { connector: 'memory', pieces: 1, first: ['numbers'], cursor: there } },
      schemas: Object.fromEntries(plan.outputs.map(({ name }) => [name, [{ name: 'n', type: 'BIGINT' }]])),
      submit: async (prepared, key) => {
        const id = jobId(`job-${randomBytes(4).toString('hex')}`);
        this.#jobs.set(id, { key, plan: prepared });
        return id;
      },
      receipts: (job, signal) => this.#receipts(job, there, signal),
      close: async () => {},
    };
  }

  async #receipts(job: JobId, there: number, signal: AbortSignal): Promise<readonly TaskReceipt[]> {
    const { key, plan } = this.#jobs.get(job) as { readonly key: string; readonly plan: LoadNode };
    await new Promise((done) => setImmediate(done));
    signal.throwIfAborted();
    const fault = this.#source.faults.shift();
    if (fault) throw fault;
    const options = plan.outputs[0]?.sink.options as { readonly from?: number } | undefined;
    const from = options?.from ?? 0;
    const rows = Array.from({ length: there - from }, (_, n) => `row ${from + n}`);
    const staged = `${plan.run}/${key}`;
    this.#target.staged.set(staged, rows);
    const counts = [{ about: 'source', name: 'numbers', rows: rows.length, rejected: 0, found: null }];
    const counted: LoadReceipt = { rows: 1, bytes: 0, detail: { rows: counts } };
    const written: LoadReceipt = { rows: rows.length, bytes: rows.length, detail: staged };
    return plan.outputs.map(({ name, sink }) => ({
      output: name,
      task: 0,
      receipt: sink.connector === 'collect' ? counted : written,
    }));
  }

  async cancel(key: string): Promise<void> {
    this.cancelled.add(key);
  }

  progress() {
    return undefined;
  }
}

/** Reads on from the cursor; one target, or several. */
const compile: Compile = ({ document, run, cursors, params }) => {
  if (params.wrong !== undefined) throw new SheafError('PIPELINE_INVALID', 'there is no parameter wrong');
  const input = { kind: 'sql', text: 'select 1' } as const;
  const sink = (connector: string, options: Json) => ({ connector, options, prepared: null, single: false });
  const targets = document.outputs.map(({ name }) => name);
  const outputs = [
    ...targets.map((name) => ({ name, input, sink: sink('memory', { from: cursors.numbers ?? 0 }) })),
    { name: 'counts', input, sink: sink('collect', {}) },
  ];
  return {
    plan: { kind: 'load', run, pipeline: document.name, outputs },
    outputs: targets.map((name) => ({ name, target: name, counts: 'counts' })),
  };
};

/** What tests say of a pipeline. */
interface TestPipeline extends Pick<PipelineDocument, 'schedule' | 'onFailure'> {
  readonly outputs?: readonly string[];
  readonly attempts?: number;
}

/** A document of one source, and of one output unless more are named. */
export function testDocument(
  name = 'numbers',
  { outputs = ['load'], attempts = 1, schedule, onFailure }: TestPipeline = {},
): PipelineDocument {
  const plan = { kind: 'sql', text: 'select 1' } as const;
  const output = (each: string): OutputDocument => ({
    name: each,
    plan,
    rules: [],
    sink: { connector: 'memory', options: {}, single: false },
  });
  const rest = {
    name,
    params: {},
    sources: { numbers: { node: plan, incremental: true } },
    outputs: outputs.map(output),
    onReject: { action: 'fail' as const },
    retry: { attempts, firstDelayMs: 1, delayMsMax: 5 },
    ...(schedule ? { schedule } : {}),
    ...(onFailure ? { onFailure } : {}),
  };
  return { ...rest, version: blobName(Buffer.from(JSON.stringify(rest))) };
}

export interface World {
  readonly store: Store;
  readonly folder: string;
  readonly source: MemorySource;
  readonly target: MemoryTarget;
  /** The clock on the wall, for schedules. */
  now?: () => number;
}

const epochs = new WeakMap<Store, number>();

/** One coordinator's time of leading. Another one's beginning ends it, whatever it believes. */
export class TestLeader implements Disposable {
  readonly pipelines: Pipelines;
  readonly engine: PretendedJobs;
  readonly #epoch: number;
  readonly #store: Store;
  readonly #over = new AbortController();
  /** False for a leader that has been paused and does not know yet. */
  readonly #knows: boolean;

  private constructor(
    world: World,
    at: (point: Point, run: string) => Promise<void> | void,
    limits: Partial<Record<SettingName, number>>,
    knows: boolean,
  ) {
    const config = loadConfig({}, { commitRetryMs: 10, commitRetryMsMax: 20, watchIntervalMs: 10, ...limits });
    const { store, folder, source, target } = world;
    this.#store = store;
    this.#knows = knows;
    this.#epoch = (epochs.get(store) ?? 0) + 1;
    epochs.set(store, this.#epoch);
    this.engine = new PretendedJobs(source, target);
    this.pipelines = new Pipelines({
      cluster: 'test',
      store,
      blobs: new BlobDirectory(folder, config, false),
      leadership: {
        write: async (operations) => {
          await new Promise((done) => setImmediate(done));
          if (epochs.get(store) !== this.#epoch) throw new SheafError('NOT_LEADER', 'another leads');
          return (await store.transact([], operations)).revision;
        },
      },
      compile,
      engine: this.engine,
      findSink: async () => target.connector(),
      secrets: new Secrets(),
      mustLead: () => {
        if (!this.#knows && epochs.get(store) !== this.#epoch) throw new SheafError('NOT_LEADER', 'another leads');
      },
      over: this.#over.signal,
      at,
      now: () => world.now?.() ?? Date.now(),
      config,
      log: createLogger({ name: 'test', level: 'silent' }),
    });
  }

  static async lead(
    world: World,
    at: (point: Point, run: string) => Promise<void> | void = () => {},
    limits: Partial<Record<SettingName, number>> = {},
    { unaware = false }: { readonly unaware?: boolean } = {},
  ): Promise<TestLeader> {
    const leader = new TestLeader(world, at, limits, unaware);
    await leader.pipelines.load();
    leader.pipelines.begin();
    return leader;
  }

  get desk() {
    return this.pipelines.desk;
  }

  get views() {
    return this.pipelines.views;
  }

  async ended(id: string): Promise<RunInfo> {
    let last: RunInfo | undefined;
    for await (const info of this.views.watch(id, new AbortController().signal)) last = info;
    return last as RunInfo;
  }

  /** The record as the store has it. */
  async stored(id: string): Promise<RunRecord> {
    const entry = await this.#store.get(keysOf('test').run(id));
    return JSON.parse(entry?.value ?? 'null') as RunRecord;
  }

  async cursor(pipeline = 'numbers'): Promise<Json> {
    const entry = await this.#store.get(keysOf('test').cursor(pipeline, 'numbers'));
    return JSON.parse(entry?.value ?? 'null') as Json;
  }

  [Symbol.dispose](): void {
    this.#over.abort(new SheafError('NOT_LEADER', 'its time is over'));
  }
}
