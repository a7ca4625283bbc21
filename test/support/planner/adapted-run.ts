import type { AdaptLimits } from '../../../coordinator/planner/adapt/progress.ts';
import type { Config } from '../../../shared/config/config.ts';
import type { Adaptation } from '../../../shared/plan/job.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import type { StageSpec } from '../../../shared/stage/stage.ts';
import { assertSameRows } from '../same-rows.ts';
import { runLocally } from './local-executor.ts';
import type { PlannerBench } from './planner.ts';

/** What an adapted run was. */
export interface AdaptedRun {
  readonly adaptations: readonly Adaptation[];
  readonly stages: readonly StageSpec[];
}

export interface Adapting {
  /** Limits by which a test says which decision is to be taken. */
  readonly limits?: Partial<AdaptLimits>;
  readonly config?: Partial<Config>;
  readonly slots?: number;
}

/** Limits by which nothing is decided anew. */
export const calm = ({ config }: PlannerBench): AdaptLimits => ({
  ...config,
  taskBytesMin: 1,
  taskBytesTarget: 2 ** 30,
  broadcastBytesMax: 0,
  filterBytesMax: 0,
  skewBytesMin: 2 ** 30,
});

/** Runs the plan as it is adapted by these limits; its rows must be those of DuckDB's answer. */
export function runAdapted(bench: PlannerBench, plan: PlanNode, sql: string, about: Adapting = {}): AdaptedRun {
  const { limits = {}, config = {}, slots = 4 } = about;
  const staged = bench.plan(plan, { slots, config: { ...bench.config, ...config } });
  const adaptations: Adaptation[] = [];
  const stages: StageSpec[] = [];
  const table = runLocally(staged, bench.connection, {
    directory: bench.directory,
    adapt: { slots, limits: { ...calm(bench), ...limits } },
    functions: { few: 'SELECT * FROM previous WHERE k = 5' },
    adaptations,
    onStage: (stage) => stages.push(stage),
  });
  const columns = staged.schema.map(({ name }) => name).join(', ');
  const expected = bench.connection.rows(`SELECT ${columns} FROM (${sql})`);
  assertSameRows(bench.connection.rows(`FROM ${table}`), expected, plan.kind === 'sort', sql);
  return { adaptations, stages };
}
