import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nextWave } from '../../coordinator/planner/adapt/next-wave.ts';
import { type AdaptLimits, begin, finished, type StageSizes } from '../../coordinator/planner/adapt/progress.ts';
import type { StagedPlan } from '../../coordinator/planner/stages/staged-plan.ts';
import { decodeSchema } from '../../shared/arrow/ipc.ts';
import type { Config } from '../../shared/config/config.ts';
import type { Connection } from '../../shared/duckdb/connection.ts';
import type { Database } from '../../shared/duckdb/database.ts';
import type { Input } from '../../shared/duckdb/input/input.ts';
import { type LocalPart, readParts, schemaOfParts } from '../../shared/exchange/local-parts.ts';
import { exchangePath } from '../../shared/exchange/paths.ts';
import { DiskQuota } from '../../shared/exchange/quota.ts';
import { type JobId, jobId, type StageId } from '../../shared/ids.ts';
import type { ExchangeSlice } from '../../shared/stage/exchange-part.ts';
import type { StageInput, StageSpec } from '../../shared/stage/stage.ts';
import type { TaskOutput } from '../../shared/stage/task.ts';
import { runTask } from '../../worker/kernel/run-task.ts';
import { AttemptWatch, Cancellation } from '../../worker/pool/cancellation.ts';
import type { LocalInput, ThreadData } from '../../worker/pool/protocol.ts';

/**
 * Runs staged plans with the worker's own task runner and real exchange files, one task after another in this thread.
 */
export class Executor {
  readonly #thread: ThreadData;
  /** Where exchange files lie. */
  readonly root: string;
  #jobs = 0;

  constructor(database: Database, directory: string, config: Config) {
    this.root = join(directory, 'exchange');
    const tempRoot = join(directory, 'temp');
    for (const folder of [this.root, tempRoot]) mkdirSync(folder, { recursive: true });
    this.#thread = {
      ...database.forThreads,
      workerName: 'fuzz',
      exchangeRoot: this.root,
      exchangeQuota: new DiskQuota(config.exchangeDiskBytesMax).memory,
      tempRoot,
      blobRoot: join(directory, 'blobs'),
      config,
    };
  }

  /**
   * Runs the plan and stores its rows as a table.
   *
   * @throws SheafError as a worker would report it
   */
  async run(
    plan: StagedPlan,
    connection: Connection,
    table: string,
    { adapt, cancellation }: Runs = {},
  ): Promise<void> {
    const run = new Run(this.#thread, jobId(`fuzz-${this.#jobs++}`), cancellation);
    try {
      if (adapt === undefined) for (const stage of plan.stages) await run.stage(stage);
      else await runAdapted(plan, run, adapt);
      const parts = run.partsOf(plan.finalStage, 'all');
      const message = schemaOfParts(parts);
      if (message === undefined) throw new Error('the final stage wrote no exchange file');
      const result: Input = { schema: decodeSchema(message), open: () => readParts(parts) };
      connection.execute(`CREATE OR REPLACE TABLE ${table} AS SELECT * FROM result_parts`, {
        inputs: { result_parts: result },
      });
    } finally {
      rmSync(join(this.root, run.job), { recursive: true, force: true });
    }
  }
}

interface Runs {
  /** Stages are decided as sizes become known, as a cluster does; absent: they run as planned. */
  readonly adapt?: Adapting | undefined;
  /** Ends its tasks. */
  readonly cancellation?: SharedArrayBuffer | undefined;
}

export interface Adapting {
  readonly slots: number;
  readonly limits: AdaptLimits;
}

async function runAdapted(plan: StagedPlan, run: Run, { slots, limits }: Adapting): Promise<void> {
  let wave = nextWave(begin(plan, slots, limits));
  const waiting = [...wave.stages];
  for (let stage = waiting.pop(); stage !== undefined; stage = waiting.pop()) {
    await run.stage(stage);
    wave = nextWave(finished(wave.progress, stage.id, run.sizesOf(stage)));
    waiting.push(...wave.stages);
  }
}

class Run {
  readonly job: JobId;
  readonly #thread: ThreadData;
  readonly #cancellation: SharedArrayBuffer;
  readonly #specs = new Map<StageId, StageSpec>();
  readonly #outputs = new Map<string, TaskOutput>();

  constructor(thread: ThreadData, job: JobId, cancellation = new Cancellation().buffer) {
    this.#thread = thread;
    this.#cancellation = cancellation;
    this.job = job;
  }

  /** As the scheduler sums them up. */
  sizesOf({ id, tasks }: StageSpec): StageSizes {
    const sizes = Array.from({ length: tasks }, (_, task) => this.#outputs.get(`${id}/${task}`)?.partitions ?? []);
    const sum = (of: 'rows' | 'bytes'): number => sizes.flat().reduce((total, size) => total + size[of], 0);
    return { rows: sum('rows'), bytes: sum('bytes'), tasks: sizes };
  }

  async stage(stage: StageSpec): Promise<void> {
    this.#specs.set(stage.id, stage);
    for (let task = 0; task < stage.tasks; task++) {
      const key = { job: this.job, stage: stage.id, task, attempt: 0 };
      const inputs = stage.inputs.map((input) => this.#input(input, task));
      const cancellation = this.#cancellation;
      const { steps, output, schema } = stage;
      const watch = new AttemptWatch(cancellation);
      const written = await runTask({ key, inputs, steps, output, schema, cancellation }, this.#thread, watch);
      this.#outputs.set(`${stage.id}/${task}`, written);
    }
  }

  /** As the scheduler names them: in producer order; without those that have no rows, but for a result's. */
  partsOf(stage: StageId, partition: number | 'all', tasks: ExchangeSlice['tasks'] = undefined): LocalPart[] {
    const spec = this.#specs.get(stage);
    const parts: LocalPart[] = [];
    for (let task = tasks?.from ?? 0; task < (tasks?.to ?? spec?.tasks ?? 0); task++) {
      const sizes = this.#outputs.get(`${stage}/${task}`)?.partitions ?? [];
      const path = exchangePath(this.#thread.exchangeRoot, {
        kind: 'attempt',
        key: { job: this.job, stage, task, attempt: 0 },
      });
      for (const [at, { rows }] of sizes.entries()) {
        const isWanted = partition === 'all' || (partition === at && rows > 0);
        if (isWanted) parts.push({ path, partition: at, rows });
      }
    }
    return parts;
  }

  #exchangeParts(input: Extract<StageInput, { kind: 'exchange' }>, task: number): LocalPart[] {
    if (input.mode === 'broadcast') return this.partsOf(input.from, 'all');
    const { from, to, tasks, rows } = input.perTask?.[task] ?? { from: task, to: task + 1 };
    const parts = Array.from({ length: to - from }, (_, i) => this.partsOf(input.from, from + i, tasks)).flat();
    if (rows === undefined) return parts;
    return parts.map((part) => ({ ...part, firstRow: rows.from, rows: rows.to - rows.from }));
  }

  #input(input: StageInput, task: number): LocalInput {
    const { name, schema } = input;
    if (input.kind === 'splits') return { kind: 'splits', name, schema, splits: input.perTask[task] ?? [] };
    if (input.kind === 'extract') throw new Error('the fuzzer reads no connectors');
    if (input.kind === 'dataset') {
      const path = exchangePath(this.#thread.exchangeRoot, { kind: 'dataset', dataset: input.dataset });
      const segments = input.perTask[task] ?? { from: 0, to: 0 };
      return { kind: 'parts', name, schema, parts: [{ path, partition: 0, segments }] };
    }
    const parts = this.#exchangeParts(input, task).filter(({ rows }) => rows !== 0);
    return { kind: 'parts', name, schema, parts };
  }
}
