import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlanContext } from '../../../coordinator/planner/context.ts';
import { explainLogical } from '../../../coordinator/planner/explain/logical.ts';
import { explainPlan } from '../../../coordinator/planner/explain/staged.ts';
import { planJob } from '../../../coordinator/planner/plan-job.ts';
import type { StagedPlan } from '../../../coordinator/planner/stages/staged-plan.ts';
import { dialectOf } from '../../../coordinator/sources/dialect.ts';
import { resolveSources, type SourceTools } from '../../../coordinator/sources/resolve-sources.ts';
import { SourceCache } from '../../../coordinator/sources/source-cache.ts';
import { type Config, loadConfig, type SettingName } from '../../../shared/config/config.ts';
import { Connection } from '../../../shared/duckdb/connection.ts';
import { Database } from '../../../shared/duckdb/database.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import type { FileFormat, ScanNode, ScanOptions } from '../../../shared/plan/nodes/scan.ts';
import type { PartitionSize } from '../../../shared/stage/task.ts';

/** A DuckDB with a folder of its own, and what the planner needs of it. */
export class PlannerBench implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'sheaf-planner-'));
  readonly #database = Database.open({ memoryLimitBytes: 2 ** 30, tempDirectory: join(this.directory, 'spill') });
  readonly connection = Connection.open(this.#database.address);
  readonly tools: SourceTools;
  readonly config: Config;

  /** Small limits, so that small files make several tasks; every question is distributed. */
  constructor(overrides: Partial<Record<SettingName, number>> = {}) {
    const small = { taskBytesMin: 1, textSplitBytes: 1024, sortBytesMin: 1, wideBytesMax: 0, tasksPerSlot: 2 };
    this.config = loadConfig({}, { ...small, ...overrides });
    const cache = new SourceCache(this.config.sourceCacheEntriesMax);
    this.tools = { connection: this.connection, dialect: dialectOf(this.connection), cache, config: this.config };
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Writes rows of a SELECT as a file and returns its path. */
  file(name: string, select: string, options = ''): string {
    const path = this.path(name);
    this.connection.execute(`COPY (${select}) TO '${path}' (${options || formatOption(name)})`);
    return path;
  }

  plan(plan: PlanNode, overrides: Partial<PlanContext> = {}): StagedPlan {
    return planJob(plan, { ...this.context(plan), ...overrides });
  }

  /** As `explain` shows it. */
  explain(plan: PlanNode, overrides: Partial<PlanContext> = {}): string {
    const context = { ...this.context(plan), ...overrides };
    return `${explainLogical(plan, context)}\n${explainPlan(planJob(plan, context)).text}`;
  }

  context(plan: PlanNode, datasets: Readonly<Record<string, readonly PartitionSize[]>> = {}): PlanContext {
    const { dialect } = this.tools;
    const sources = resolveSources(plan, this.tools);
    return {
      sources,
      datasets,
      dialect,
      slots: 2,
      config: this.config,
      nowMs: Date.UTC(2026, 0, 2, 3),
      run: 'job-1.1',
    };
  }

  [Symbol.dispose](): void {
    this.connection[Symbol.dispose]();
    this.#database[Symbol.dispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const formatOption = (name: string): string =>
  name.endsWith('.parquet')
    ? 'FORMAT parquet, ROW_GROUP_SIZE 2048'
    : name.endsWith('.csv')
      ? 'FORMAT csv'
      : 'FORMAT json';

export const scan = (paths: string | readonly string[], options: ScanOptions = {}, format?: FileFormat): ScanNode => {
  const list = typeof paths === 'string' ? [paths] : paths;
  const ending = list[0]?.split('.').at(-1) as FileFormat;
  return { kind: 'scan', format: format ?? ending, paths: list, options };
};
