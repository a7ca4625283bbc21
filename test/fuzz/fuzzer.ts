import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planJob } from '../../coordinator/planner/plan-job.ts';
import type { StagedPlan } from '../../coordinator/planner/stages/staged-plan.ts';
import { dialectOf } from '../../coordinator/sources/dialect.ts';
import { resolveSources, type SourceTools } from '../../coordinator/sources/resolve-sources.ts';
import { SourceCache } from '../../coordinator/sources/source-cache.ts';
import { type Config, loadConfig } from '../../shared/config/config.ts';
import { Connection } from '../../shared/duckdb/connection.ts';
import { Database } from '../../shared/duckdb/database.ts';
import { SheafError } from '../../shared/errors.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import { Random } from '../simulation/random.ts';
import { knownPivots } from '../support/planner/pivot-values.ts';
import { difference } from './compare.ts';
import { besideOwnBug, contradictionOf, failsUnoptimised, isOwnBug, withOptimizer } from './contradictions.ts';
import { type Copies, makeCopies } from './copies.ts';
import { attempt, compareErrors, limits } from './errors.ts';
import { type Adapting, Executor } from './executor.ts';
import type { Coverage } from './questions/coverage.ts';
import { Functions, writeBundles } from './questions/functions.ts';
import { Plans } from './questions/plans.ts';
import { Queries } from './questions/sql-queries.ts';
import { type Asked, Surroundings } from './questions/surroundings.ts';
import { type FileTable, makeTables, type PlanTable } from './questions/world.ts';
import { referenceSql } from './reference.ts';
import type { Timed, TimeLimit } from './time-limit.ts';

/** One question, ready to be asked of both. */
export interface Case {
  readonly seed: number;
  readonly kind: 'sql' | 'plan';
  readonly plan: PlanNode;
  /** Its text, also of a plan. */
  readonly sql: string;
  /** What DuckDB is asked, once it ran the statements of `setup`. */
  readonly referenceSql: string;
  readonly setup: readonly string[];
  /** Another text as a question over the same datasets, views, parameters and functions. */
  readonly again: (sql: string) => Asked;
  readonly orderedBy: readonly number[];
  /** Of the generators of one part of SQL each, the one that made it. */
  readonly family?: string;
  readonly slots: number;
  /** Asked a second time, as one task of all threads where that may be. */
  readonly wide: boolean;
}

/** How a case went. */
export interface Outcome {
  readonly stages: number;
  /** Stages of more than one task. */
  readonly parallel: boolean;
  /** Both refused, or failed. */
  readonly failed: boolean;
  readonly reason?: string;
  readonly difference?: string;
  /** Who gave no answer in time. */
  readonly late?: 'DuckDB' | 'Sheaf';
}

/** What happens to a plan between planner and workers: bugs are planted with it. */
export type Mutation = (plan: StagedPlan) => StagedPlan;

interface Progress {
  asking: 'DuckDB' | 'Sheaf';
}

/** A DuckDB, a folder of tables and the engine's parts, all from one seed. */
export class World implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'sheaf-fuzz-'));
  readonly #files: readonly FileTable[];
  readonly #copies: Copies;
  readonly #scope = new DisposableStack();
  readonly #reference: Connection;
  readonly #planner: Connection;
  readonly #tools: SourceTools;
  readonly #executor: Executor;
  readonly #config: Config;
  readonly #coverage: Coverage;
  readonly #seed: number;
  readonly #time: TimeLimit | undefined;

  /** @param time of each question; absent: they take what they take */
  constructor(seed: number, coverage: Coverage, time?: TimeLimit) {
    this.#time = time;
    const random = new Random(seed);
    this.#seed = seed;
    this.#coverage = coverage;
    this.#scope.defer(() => rmSync(this.directory, { recursive: true, force: true }));
    const tempDirectory = join(this.directory, 'spill');
    const database = this.#scope.use(
      Database.open({ memoryLimitBytes: 2 ** 29, tempDirectory, maxTempBytes: 2 ** 28 }),
    );
    this.#reference = this.#scope.use(Connection.open(database.address));
    this.#planner = this.#scope.use(Connection.open(database.address));
    this.#config = loadConfig({}, { ...configOf(random), sortBytesMin: seed % 3 === 0 ? 2 ** 26 : 1 });
    const cache = new SourceCache(this.#config.sourceCacheEntriesMax);
    this.#tools = { connection: this.#planner, dialect: dialectOf(this.#planner), cache, config: this.#config };
    this.#executor = new Executor(database, this.directory, this.#config);
    writeBundles(join(this.directory, 'blobs'));
    this.#files = makeTables(random, this.#reference, this.directory);
    const { root } = this.#executor;
    const copying = { random, connection: this.#reference, directory: this.directory, root, config: this.#config };
    this.#copies = makeCopies(this.#files, copying);
  }

  /** What stands in SQL as a file. */
  get tables(): readonly PlanTable[] {
    return [...this.#files, ...this.#copies.arrow];
  }

  /** The case of a number: the same whatever was asked before it. */
  make(number: number): Case {
    const seed = this.#seed + number;
    const random = new Random(Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995);
    const { uploads } = this.#copies;
    const runs = { slots: random.pick([1, 2, 3, 3]), wide: seed % 6 === 5 };
    const around = new Surroundings(random, { files: this.tables, uploads }, this.#coverage, {
      sqlOf: (plan) => this.referenceOf(plan),
      takes: (statement) => attempt(() => this.#reference.execute(statement)).error === undefined,
    });
    const again = (sql: string): Asked => around.ask(sql);
    if (random.chance(0.55)) {
      const { sql, ...about } = new Queries(random, around.tables, this.#coverage, around).question();
      return { seed, kind: 'sql', ...around.ask(sql), ...about, ...runs, again };
    }
    const { node, orderedBy } = new Plans(random, [...this.tables, ...uploads], this.#coverage).question();
    const sql = this.referenceOf(node);
    return { seed, kind: 'plan', plan: node, sql, referenceSql: sql, setup: [], orderedBy, ...runs, again };
  }

  referenceOf(node: PlanNode): string {
    return referenceSql(node, (sql) => this.#reference.describe(sql).map(({ name }) => name));
  }

  get reference(): Connection {
    return this.#reference;
  }

  /** The stages that the planner makes of a case. */
  stagesOf({ plan: asked, slots, wide }: Pick<Case, 'plan' | 'slots' | 'wide'>): StagedPlan {
    const { dialect } = this.#tools;
    const config = wide ? { ...this.#config, wideBytesMax: 2 ** 30 } : this.#config;
    const plan = knownPivots(asked, this.#tools, (lookup) => this.#textsOf(lookup));
    const sources = resolveSources(plan, this.#tools);
    return planJob(plan, {
      sources,
      datasets: this.#copies.datasets,
      dialect,
      slots,
      config,
      nowMs: 1_780_000_000_000,
      run: 'fuzz',
    });
  }

  /** Values of a PIVOT, of DuckDB: another question asks for them in stages. */
  #textsOf(lookup: PlanNode): string[] {
    const sql = lookup.kind === 'sql' ? new Functions().asDuckdb(lookup.text) : this.referenceOf(lookup);
    return this.#reference.rows(sql).map((row) => String(Object.values(row)[0]));
  }

  /** Asks both, and compares. */
  async ask(question: Case, mutate: Mutation = (plan) => plan): Promise<Outcome> {
    using timed = this.#time?.begin(question.seed, [this.#reference.address, this.#planner.address]);
    const progress: Progress = { asking: 'DuckDB' };
    try {
      const outcome = await this.#both(question, mutate, progress, timed);
      if (timed?.isOver !== true) return outcome;
    } catch (thrown) {
      if (timed?.isOver !== true) throw thrown;
    }
    timed[Symbol.dispose]();
    withOptimizer(this.#reference);
    return { stages: 0, parallel: false, failed: true, ...timed.outcomeOf(progress.asking) };
  }

  async #both(question: Case, mutate: Mutation, progress: Progress, timed: Timed | undefined): Promise<Outcome> {
    const expected = attempt(() => {
      for (const statement of question.setup) this.#reference.execute(statement);
      this.#reference.execute(`CREATE OR REPLACE TABLE expected AS ${question.referenceSql}`);
    });
    progress.asking = timed?.isOver ? 'DuckDB' : 'Sheaf';
    const staged = await this.#asked({ ...question, wide: false }, expected.error, mutate, timed);
    if (!question.wide || staged.difference !== undefined) return staged;
    const { difference: differs } = await this.#asked(question, expected.error, mutate, timed);
    return differs === undefined ? staged : { ...staged, difference: differs };
  }

  async #asked(
    question: Case,
    expectedError: SheafError | undefined,
    mutate: Mutation,
    timed: Timed | undefined,
  ): Promise<Outcome> {
    const planned = attempt(() => mutate(this.stagesOf(question)));
    const stages = planned.value?.stages ?? [];
    if (planned.value !== undefined) this.#countPlan(planned.value);
    const about = { stages: stages.length, parallel: stages.some(({ tasks }) => tasks > 1) };
    const error =
      planned.error ?? (planned.value === undefined ? undefined : await this.#run(planned.value, question, timed));
    if (error === undefined && expectedError !== undefined && isOwnBug(expectedError))
      return { ...about, ...besideOwnBug(this.#reference, question.referenceSql, question) };
    const isHalf = error !== undefined && expectedError === undefined;
    if (isHalf && failsUnoptimised(this.#reference, question.referenceSql, error))
      return { ...about, failed: true, reason: 'DuckDB fails, too, without its optimizer' };
    if (error !== undefined || expectedError !== undefined) return { ...about, ...compareErrors(error, expectedError) };
    const compared = attempt(() => difference(this.#reference, 'actual', 'expected', question));
    if (compared.error !== undefined && !limits.has(compared.error.code)) throw compared.error;
    if (compared.error !== undefined) return { ...about, failed: true, reason: 'too large' };
    const differs = compared.value;
    if (differs === undefined) return { ...about, failed: false };
    const own = contradictionOf(this.#reference, question.referenceSql, question);
    return { ...about, failed: false, difference: own === undefined ? differs : `${differs}: ${own}` };
  }

  /** What became of the question: how rows travel between stages, and what was not distributed. */
  #countPlan({ stages, notes }: StagedPlan): void {
    for (const { output, steps, inputs, wide } of stages) {
      if (wide) this.#coverage.count('tasks', 'wide');
      if (output.kind === 'exchange') this.#coverage.count('exchanges', output.partitioning.kind);
      for (const input of inputs) if (input.kind === 'exchange') this.#coverage.count('exchanges', input.mode);
      for (const step of steps) if (step.kind === 'function') this.#coverage.count('TypeScript', `step: ${step.mode}`);
    }
    for (const { text } of notes)
      this.#coverage.count(
        'gathered',
        text
          .replace(/: .*/s, '')
          .replace(/stage \d+/, 'a stage')
          .replace(/ by .*,/, ' by keys,')
          .replace(/order of .*/, 'order of a key'),
      );
  }

  async #run(plan: StagedPlan, { seed, slots }: Case, timed: Timed | undefined): Promise<SheafError | undefined> {
    try {
      await this.#executor.run(plan, this.#reference, 'actual', {
        adapt: this.#adapting(seed, slots),
        cancellation: timed?.cancellation,
      });
      return undefined;
    } catch (thrown) {
      return SheafError.from(thrown);
    }
  }

  /** Two of three questions are adapted, by limits that make each decision likely. */
  #adapting(seed: number, slots: number): Adapting | undefined {
    if (seed % 3 === 0) return undefined;
    const random = new Random(seed);
    const limits = {
      ...this.#config,
      taskBytesMin: random.pick([1, 500, 5000]),
      broadcastBytesMax: random.pick([0, 2000, 2 ** 26]),
      filterBytesMax: random.pick([0, 2000, 2 ** 26, 2 ** 26]),
      filterGainPercent: random.pick([0, 0, 100]),
      skewPercent: random.pick([101, 200]),
      skewBytesMin: random.pick([100, 500]),
      awaitOtherSidePercent: random.pick([100, 200]),
    };
    return { slots, limits };
  }

  [Symbol.dispose](): void {
    this.#scope[Symbol.dispose]();
  }
}

/** Limits so small that little data makes many tasks, and each join strategy is taken. */
const configOf = (random: Random) => ({
  taskBytesMin: random.pick([1, 1, 1, 500]),
  wideBytesMax: 0,
  textSplitBytes: 1024,
  broadcastBytesMax: random.pick([0, 0, 2000, 64 * 2 ** 20]),
  rereadBytesMax: random.pick([0, 0, 2 ** 20]),
  tasksPerSlot: random.between(1, 3),
  batchRowsMax: random.pick([2048, 65_536]),
});
