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
import { type Copies, makeCopies } from './copies.ts';
import { type Adapting, Executor } from './executor.ts';
import type { Coverage } from './questions/coverage.ts';
import { Functions, writeBundles } from './questions/functions.ts';
import { Plans } from './questions/plans.ts';
import { Queries } from './questions/sql-queries.ts';
import { type Asked, Surroundings } from './questions/surroundings.ts';
import { type FileTable, makeTables, type PlanTable } from './questions/world.ts';
import { referenceSql } from './reference.ts';

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
}

/** What happens to a plan between planner and workers: bugs are planted with it. */
export type Mutation = (plan: StagedPlan) => StagedPlan;

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

  constructor(seed: number, coverage: Coverage) {
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
      const { sql, orderedBy } = new Queries(random, around.tables, this.#coverage, around).question();
      return { seed, kind: 'sql', ...around.ask(sql), orderedBy, ...runs, again };
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
    const expected = attempt(() => {
      for (const statement of question.setup) this.#reference.execute(statement);
      this.#reference.execute(`CREATE OR REPLACE TABLE expected AS ${question.referenceSql}`);
    });
    const staged = await this.#asked({ ...question, wide: false }, expected.error, mutate);
    if (!question.wide || staged.difference !== undefined) return staged;
    const { difference: differs } = await this.#asked(question, expected.error, mutate);
    return differs === undefined ? staged : { ...staged, difference: differs };
  }

  async #asked(question: Case, expectedError: SheafError | undefined, mutate: Mutation): Promise<Outcome> {
    const planned = attempt(() => mutate(this.stagesOf(question)));
    const stages = planned.value?.stages ?? [];
    if (planned.value !== undefined) this.#countPlan(planned.value);
    const about = { stages: stages.length, parallel: stages.some(({ tasks }) => tasks > 1) };
    const error = planned.error ?? (planned.value === undefined ? undefined : await this.#run(planned.value, question));
    if (error !== undefined || expectedError !== undefined) return { ...about, ...compareErrors(error, expectedError) };
    const compared = attempt(() => difference(this.#reference, 'actual', 'expected', question));
    if (compared.error !== undefined && !limits.has(compared.error.code)) throw compared.error;
    if (compared.error !== undefined) return { ...about, failed: true, reason: 'too large' };
    const differs = compared.value;
    if (differs === undefined) return { ...about, failed: false };
    if (this.#isContradicted(question.referenceSql))
      return { ...about, failed: false, difference: `${differs}: ${contradiction}` };
    const isPlain = this.#isAnswerUnoptimised(question);
    return { ...about, failed: false, difference: isPlain ? `${differs}: ${unoptimised}` : differs };
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
          .replace(/ by .*,/, ' by keys,'),
      );
  }

  /** DuckDB counts as many rows as Sheaf found, and yields another number of them. */
  #isContradicted(sql: string): boolean {
    if (/\bPIVOT\b/.test(sql)) return false; // without values it cannot stand in a subquery here
    const [row] = this.#reference.rows(`SELECT (SELECT count(*) FROM (${sql})) AS counted,
      (SELECT count(*) FROM actual) AS actual, (SELECT count(*) FROM expected) AS expected`);
    return row !== undefined && row.counted === row.actual && row.counted !== row.expected;
  }

  /** DuckDB answers as Sheaf does when its optimizer is off: the pragma is taken although settings are locked. */
  #isAnswerUnoptimised(question: Case): boolean {
    const asked = attempt(() => {
      this.#reference.execute('PRAGMA disable_optimizer');
      this.#reference.execute(`CREATE OR REPLACE TABLE unoptimised AS ${question.referenceSql}`);
    });
    this.#reference.execute('PRAGMA enable_optimizer');
    if (asked.error !== undefined) return false;
    const compared = attempt(() => ({ text: difference(this.#reference, 'actual', 'unoptimised', question) }));
    return compared.value !== undefined && compared.value.text === undefined;
  }

  async #run(plan: StagedPlan, { seed, slots }: Case): Promise<SheafError | undefined> {
    try {
      await this.#executor.run(plan, this.#reference, 'actual', this.#adapting(seed, slots));
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

/** Said of a difference in which DuckDB does not agree with itself. */
export const contradiction = 'DuckDB itself counts as many rows as Sheaf has';

/** Said of a difference in which DuckDB's optimizer changes its own answer. */
export const unoptimised = 'DuckDB itself answers as Sheaf does when its optimizer is off';

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

function attempt<T>(act: () => T): { readonly value?: T; readonly error?: SheafError } {
  try {
    return { value: act() };
  } catch (thrown) {
    return { error: SheafError.from(thrown) };
  }
}

/** A join of much with much ends by memory or disk in one and perhaps not in the other. */
const limits: ReadonlySet<string> = new Set(['OUT_OF_MEMORY', 'DISK_FULL']);

function compareErrors(
  actual: SheafError | undefined,
  expected: SheafError | undefined,
): Pick<Outcome, 'failed' | 'reason' | 'difference'> {
  const line = (error: SheafError): string => `${error.code} ${error.message.slice(0, 400)}`;
  if ([actual, expected].some((error) => error !== undefined && limits.has(error.code)))
    return { failed: true, reason: 'too large' };
  if (actual === undefined) return { failed: true, difference: `no error; DuckDB: ${line(expected as SheafError)}` };
  if (expected === undefined) return { failed: true, difference: `error: ${line(actual)}` };
  if (actual.code === 'INTERNAL' && expected.code !== 'INTERNAL')
    return { failed: true, difference: `error: ${line(actual)}; DuckDB: ${line(expected)}` };
  return { failed: true, reason: line(expected) };
}
