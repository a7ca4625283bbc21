import type { PlanKind, PlanNode } from '../../shared/plan/node.ts';
import { nodesOf } from '../../shared/plan/walk.ts';
import type { StageSpec } from '../../shared/stage/stage.ts';
import type { Bound } from './bound/plan.ts';
import type { SteppedPlan } from './bound/steps.ts';
import type { PlanContext } from './context.ts';
import { scanSize } from './rules/scan.ts';
import { scansOf } from './scans.ts';
import { isRowByRow } from './sql/row-by-row.ts';
import type { StagedPlan } from './stages/staged-plan.ts';

/** How the stages of a plan come about, for a context. */
export interface Planner {
  readonly prepare: (plan: PlanNode, context: PlanContext) => SteppedPlan;
  readonly stagesOf: (plan: SteppedPlan, context: PlanContext) => StagedPlan;
}

/**
 * The whole question as one task, where that is faster than spreading it: it reads little (then an ordinary task), or
 * no more than one worker reads soon with all of its threads (then a wide task). DuckDB's own threads share their hash
 * tables, where tasks of ours must exchange rows.
 *
 * @returns nothing if the question is to be distributed: it reads more, it works row by row, or a TypeScript function,
 * a client's dataset or an Arrow file takes part, whose rows come from JavaScript, or a file lies in object storage
 */
export function planWhole(plan: PlanNode, context: PlanContext, planner: Planner): StagedPlan | undefined {
  if (!mayBeWhole(plan, context)) return undefined;
  const { taskBytesMin, wideBytesMax, largeWideBytesMin } = context.config;
  const single = { ...context.config, taskBytesMin: Number.POSITIVE_INFINITY };
  const whole = { ...context, slots: 1, config: single, whole: true };
  const prepared = planner.prepare(plan, whole);
  const bytes = scannedBytes(prepared.root, context);
  if (bytes > wideBytesMax) return undefined;
  const staged = planner.stagesOf(prepared, whole);
  const [stage, ...more] = staged.stages;
  if (stage === undefined || more.length > 0 || stage.tasks > 1) return undefined;
  if (bytes < 2 * taskBytesMin) return staged;
  const large = largeWideBytesMin > 0 && bytes >= largeWideBytesMin;
  return widened(staged, large ? { ...stage, large } : stage, bytes, wideBytesMax);
}

/** Several threads yield their rows in any order. */
function widened(staged: StagedPlan, stage: StageSpec, bytes: number, bytesMax: number): StagedPlan {
  const text = `runs wide on one worker, because it reads about ${mib(bytes)}: no more than ${mib(bytesMax)} (wideBytesMax)`;
  return {
    ...staged,
    stages: [{ ...stage, wide: true, deterministic: false }],
    notes: [{ stage: stage.id, text }],
  };
}

const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MiB`;

function mayBeWhole(plan: PlanNode, { config, dialect }: PlanContext): boolean {
  if (config.wideBytesMax === 0) return false;
  const nodes = [...nodesOf(plan)];
  if (nodes.some((node) => needsTasks.has(node.kind) || (node.kind === 'sql' && node.functions?.length))) return false;
  const scans = scansOf(plan, dialect);
  if (scans.length === 0 || scans.some(({ format, paths }) => format === 'arrow' || paths.some(isRemote))) return false;
  return nodes.some((node) => (node.kind === 'sql' ? !isRowByRow(node, dialect) : !rowByRow.has(node.kind)));
}

/**
 * More workers fetch more at a time, and only what the statistics leave: the whole question is not looked into for
 * that.
 */
const isRemote = (path: string): boolean => path.includes('://');

/** Rows that come from JavaScript, a number of tasks that was asked for, rows that several read. */
const needsTasks: ReadonlySet<PlanKind> = new Set<PlanKind>([
  ...(['call', 'dataset', 'extract'] as const),
  ...(['repartition', 'step', 'load'] as const),
]);

/** Tasks side by side do this without any exchange, and hand on their rows side by side. */
const rowByRow: ReadonlySet<PlanKind> = new Set<PlanKind>(['scan', 'filter', 'project', 'extend', 'union', 'write']);

function scannedBytes(bound: Bound, context: PlanContext): number {
  const { operator, schema, inputs } = bound;
  const own = operator.kind === 'scan' ? scanSize({ operator, schema, inputs }, context).bytes : 0;
  return inputs.reduce((sum, input) => sum + scannedBytes(input, context), own);
}
